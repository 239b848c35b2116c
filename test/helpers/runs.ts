import type { Run, RunRequest, RunState } from '../../src/domain/run.ts';
import { withTransaction, type Pool } from '../../src/store/pool.ts';
import { claimRun, createRun } from '../../src/store/runs.ts';

/** Creates the run that is asked for, queued. */
export async function queuedRun(pool: Pool, request: RunRequest): Promise<Run> {
  const { run } = await withTransaction(pool, (tx) => createRun(tx, request, 'queued'));
  return run;
}

/** Creates the run that is asked for and lets `workerId` claim it. */
export async function leasedRun(
  pool: Pool,
  request: RunRequest,
  lease: { workerId?: string; leaseMs?: number } = {},
): Promise<Run & { runId: string }> {
  const { id } = await queuedRun(pool, request);
  const run = await claimRun(pool, {
    runId: id,
    pool: 'default',
    workerId: lease.workerId ?? 'worker-1',
    leaseMs: lease.leaseMs ?? 60_000,
  });
  if (run === undefined) throw new Error('the run could not be claimed');
  return { ...run, runId: run.id };
}

/** Lets the lease of a run end now, as if its worker had fallen silent. */
export async function letLeaseRunOut(pool: Pool, runId: string): Promise<void> {
  await pool.query(`update runs set lease_until = now() - interval '1 ms' where id = $1`, [runId]);
}

/** The states that a run went through, in order, from its recorded moves. */
export async function statesOf(pool: Pool, runId: string): Promise<RunState[]> {
  const { rows } = await pool.query<{ to_state: RunState }>(
    `select to_state from run_moves where run_id = $1 order by move_id`,
    [runId],
  );
  return ['received', ...rows.map((row) => row.to_state)];
}
