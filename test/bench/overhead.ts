/**
 * What perf-ci adds to building and measuring: from the commit of a delivery (which its 202 follows) to the concluded
 * check at GitHub, less the time spent building and measuring. The mirror is warm after the first run.
 */
import { startFile, startLoop } from '../helpers/whole-loop.ts';
import { spread } from './figures.ts';

const RUNS = 8;

export async function benchOverhead(say: (line: string) => void): Promise<void> {
  const loop = await startLoop({ settings: { PERF_CI_POLL_SECONDS: '5', PERF_CI_LEASE_SECONDS: '15' } });
  const overheadsMs: number[] = [];
  for (let index = 0; index <= RUNS; index += 1) {
    const number = await loop.propose(`bench-${index}`, {
      'start.mjs': startFile({ BURN: '1500' }),
      'README.md': `run ${index}`,
    });
    const { run, check } = await loop.concluded(number, { timeoutMs: 120_000 });
    const { rows } = await loop.pool.query<{ received_ms: number; busy_ms: number }>(
      `select extract(epoch from d.received_at)::float8 * 1000 as received_ms,
              (r.timings->>'buildingMs')::float8 + (r.timings->>'measuringMs')::float8 as busy_ms
       from runs r, deliveries d
       where r.id = $1 and d.event = 'pull_request' and d.received_at <= r.created_at
       order by d.received_at desc limit 1`,
      [run.id],
    );
    const row = rows[0];
    if (row === undefined || check.completedAtMs === undefined) throw new Error('a run without its figures');
    const overheadMs = check.completedAtMs - row.received_ms - row.busy_ms;
    if (index > 0) overheadsMs.push(overheadMs);
  }
  say(`overhead: delivery to concluded check, less building and measuring, warm mirror`);
  say(`  ${spread(overheadsMs, 'ms', 0)}; goal: under 3000 ms`);
  await loop.stop();
}
