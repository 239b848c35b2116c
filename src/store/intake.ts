import type { RunResult } from '../domain/run.ts';
import type { Queryable } from './pool.ts';
import { storableJson, storableText } from './storable.ts';

/**
 * Whether another delivery with the same event and body was done. Holds the body's lock until the end of `tx`, so
 * that two copies cannot both find the other undone: GitHub's signature covers the body only, and a copy with a
 * fresh delivery id is as well signed as the original.
 */
export async function sameBodyDone(tx: Queryable, deliveryId: string): Promise<boolean> {
  await tx.query(
    `select pg_advisory_xact_lock(hashtextextended('body:' || d.body_sha256, 0))
     from deliveries d where d.delivery_id = $1`,
    [deliveryId],
  );
  const { rows } = await tx.query<{ done: boolean }>(
    `select exists (
       select 1 from deliveries o
       where o.body_sha256 = d.body_sha256 and o.event = d.event and o.state = 'done'
         and o.delivery_id <> d.delivery_id
     ) as done
     from deliveries d where d.delivery_id = $1`,
    [deliveryId],
  );
  return rows[0]?.done ?? false;
}

/** Holds a pull request until the end of `tx`: what is read of it is then still true when it is written. */
export async function lockPullRequest(
  tx: Queryable,
  pull: { repoId: string; number: number },
): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('pull:' || $1 || '/' || $2, 0))`, [
    pull.repoId,
    String(pull.number),
  ]);
}

/** Ends a run that no worker has begun, with the result that says why. */
export async function markUnstartedFailed(tx: Queryable, runId: string, result: RunResult): Promise<void> {
  await tx.query(
    `update runs r set state = 'failed', result = $2
     where r.id = $1 and r.state in ('received', 'awaiting_approval', 'queued', 'dispatched')`,
    [runId, storableJson(result)],
  );
}

/** What a person is told with the run's comment, in answer to a command; the newest replaces the one before. */
export async function setNotice(tx: Queryable, runId: string, notice: string): Promise<void> {
  await tx.query(`update runs r set notice = $2 where r.id = $1`, [runId, storableText(notice)]);
}

/** The notice of a run, if a command was answered on it. */
export async function noticeOf(db: Queryable, runId: string): Promise<string | undefined> {
  const { rows } = await db.query<{ notice: string | null }>(`select r.notice from runs r where r.id = $1`, [
    runId,
  ]);
  return rows[0]?.notice ?? undefined;
}
