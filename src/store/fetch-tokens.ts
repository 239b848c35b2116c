import type { Queryable } from './pool.ts';
import { storableText } from './storable.ts';

/** A worker's question for a token with which it may fetch one repository. */
export interface FetchTokenRequest {
  requestId: string;
  runId: string;
  /** The token is to be sealed to this key of the worker's. */
  publicKey: Buffer;
  repoId: string;
  repoFullName: string;
  installationId: string;
}

export type FetchTokenAnswer =
  /** `reason`: why the reporter had no answer when it last tried; without one nobody has tried. */
  | { state: 'waiting'; reason?: string }
  | { state: 'sealed'; sealed: Buffer }
  | { state: 'refused'; refusal: string };

/**
 * Asks for a fetch token; the reporter, sole holder of the App key, answers.
 *
 * @returns the id of the request.
 */
export async function askFetchToken(
  db: Queryable,
  ask: { runId: string; leaseEpoch: string; publicKey: Buffer },
): Promise<string> {
  // Workers that died leave theirs behind; nobody else clears them away.
  await db.query(`delete from fetch_token_requests f where f.created_at < now() - interval '1 hour'`);
  const { rows } = await db.query<{ request_id: string }>(
    `insert into fetch_token_requests (run_id, lease_epoch, public_key) values ($1, $2, $3)
     returning request_id`,
    [ask.runId, ask.leaseEpoch, ask.publicKey],
  );
  return rows[0]?.request_id ?? '';
}

/**
 * The open request that has been due for longest, of a run that is leased at the request's epoch right now; it
 * stays locked until the transaction ends. Call it inside a transaction, and answer there.
 */
export async function takeFetchTokenRequest(tx: Queryable): Promise<FetchTokenRequest | undefined> {
  const { rows } = await tx.query<{
    request_id: string;
    run_id: string;
    public_key: Buffer;
    repo_id: string;
    repo_full_name: string;
    installation_id: string;
  }>(
    `select f.request_id, f.run_id, f.public_key, r.repo_id, r.repo_full_name, r.installation_id
     from fetch_token_requests f
     join runs r on r.id = f.run_id and r.lease_epoch = f.lease_epoch
     where f.sealed is null and f.refusal is null and f.next_try_at <= now()
       and r.state = 'leased' and r.lease_until > now()
     order by f.next_try_at, f.created_at
     limit 1
     for update of f skip locked`,
  );
  return (
    rows[0] && {
      requestId: rows[0].request_id,
      runId: rows[0].run_id,
      publicKey: rows[0].public_key,
      repoId: rows[0].repo_id,
      repoFullName: rows[0].repo_full_name,
      installationId: rows[0].installation_id,
    }
  );
}

/** Answers a request once; a second answer changes nothing. */
export async function answerFetchToken(
  db: Queryable,
  requestId: string,
  answer: { sealed: Buffer } | { refusal: string },
): Promise<void> {
  await db.query(
    `update fetch_token_requests f set sealed = $2, refusal = $3
     where f.request_id = $1 and f.sealed is null and f.refusal is null`,
    [
      requestId,
      'sealed' in answer ? answer.sealed : null,
      'refusal' in answer ? storableText(answer.refusal) : null,
    ],
  );
}

/**
 * Puts the open requests of an installation off for which there is no token now: whatever keeps one from being
 * answered keeps the others, and those of other installations need not wait behind them. Call it after the failed
 * transaction was rolled back, not inside.
 */
export async function putOffFetchTokens(
  db: Queryable,
  installationId: string,
  delay: {
    /** For the workers that wait; undefined: nothing new to say. */
    reason?: string;
    retryAfterMs: number;
  },
): Promise<void> {
  await db.query(
    `update fetch_token_requests f
     set reason = coalesce($2, f.reason), next_try_at = now() + $3 * interval '1 ms'
     from runs r
     where r.id = f.run_id and r.installation_id = $1 and f.sealed is null and f.refusal is null`,
    [installationId, delay.reason === undefined ? null : storableText(delay.reason), delay.retryAfterMs],
  );
}

/** The answer so far; a request that is not there any more counts as refused. */
export async function readFetchTokenAnswer(db: Queryable, requestId: string): Promise<FetchTokenAnswer> {
  const { rows } = await db.query<{ sealed: Buffer | null; refusal: string | null; reason: string | null }>(
    `select f.sealed, f.refusal, f.reason from fetch_token_requests f where f.request_id = $1`,
    [requestId],
  );
  const [row] = rows;
  if (row === undefined) return { state: 'refused', refusal: 'the request was withdrawn' };
  if (row.sealed !== null) return { state: 'sealed', sealed: row.sealed };
  if (row.refusal !== null) return { state: 'refused', refusal: row.refusal };
  return { state: 'waiting', ...(row.reason === null ? {} : { reason: row.reason }) };
}

/** Removes the requests of a run, with their sealed tokens. */
export async function forgetFetchTokenRequests(db: Queryable, runId: string): Promise<void> {
  await db.query(`delete from fetch_token_requests f where f.run_id = $1`, [runId]);
}
