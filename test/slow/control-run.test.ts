import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Plant } from '../../src/domain/control.ts';
import { type Run, type RunResult, TERMINAL_STATES } from '../../src/domain/run.ts';
import { findViolations } from '../../src/store/fsck.ts';
import { withTransaction } from '../../src/store/pool.ts';
import { createRun, nextRerunNumber, resultOf } from '../../src/store/runs.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Loop, startFile, startLoop } from '../helpers/whole-loop.ts';

let database: TestDatabase;
let loop: Loop;

beforeAll(async () => {
  database = await freshDatabase();
  loop = await startLoop({
    databaseUrl: database.connectionString,
    redisUrl: process.env['PERF_CI_TEST_REDIS_URL'],
    settings: { PERF_CI_CONTROL_EVERY: '1' },
  });
});

afterAll(async () => {
  await loop?.stop();
  await database?.drop();
});

const LIMIT_MS = 150_000;

/** Waits until the newest control run with this plant has ended. */
async function control(kind: Plant['kind']): Promise<{ run: Run; result: RunResult | undefined }> {
  const giveUpMs = performance.now() + LIMIT_MS;
  for (;;) {
    const { rows } = await loop.pool.query<{ id: string }>(
      `select id from runs where kind = 'control' and plant ->> 'kind' = $1 order by sequence desc limit 1`,
      [kind],
    );
    const found = rows[0] && (await resultOf(loop.pool, rows[0].id));
    if (found !== undefined && TERMINAL_STATES.includes(found.run.state)) return found;
    if (performance.now() > giveUpMs)
      throw new Error(`expected the control run to end, found ${found?.run.state}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function outcomes(runId: string): Promise<unknown[]> {
  const { rows } = await loop.pool.query(
    `select scenario, metric, plant, log_ratio is not null as estimated from control_outcomes where run_id = $1`,
    [runId],
  );
  return rows;
}

it(
  'after the tenth (here: each) pull request run its base is measured against itself, and GitHub sees nothing of it',
  async () => {
    const number = await loop.propose('almost-the-same', { 'start.mjs': startFile({ BURN: '505' }) });
    const pull = await loop.concluded(number);

    const { run, result } = await control('none');

    expect(run).toMatchObject({
      state: 'done',
      headSha: pull.run.baseSha,
      baseSha: pull.run.baseSha,
      plant: { kind: 'none' },
      priority: 90,
    });
    expect(result).toMatchObject({ kind: 'judged', baseSha: run.baseSha, headSha: run.baseSha });
    expect(await outcomes(run.id)).toEqual([
      { scenario: 'tiny', metric: 'cpu_per_request', plant: { kind: 'none' }, estimated: true },
    ]);
    expect(loop.github.checkRuns(loop.repository, run.headSha)).toEqual([]);
    expect(loop.ourComments(number)).toHaveLength(1);
    const { rows } = await loop.pool.query('select 1 from outbox where run_id = $1', [run.id]);
    expect(rows).toEqual([]);
  },
  LIMIT_MS,
);

it(
  'what is planted travels to the head, and is looked for in the metric that must show it',
  async () => {
    const { run: same } = await control('none');
    // Far more than any busy machine hides in the few requests of a tiny pair.
    const plant: Plant = { kind: 'cpu', share: 3 };
    const { kind, repoId, headSha } = same;
    await withTransaction(loop.pool, async (tx) => {
      const rerunNumber = await nextRerunNumber(tx, { kind, repoId, headSha });
      await createRun(tx, { ...same, plant, rerunNumber }, 'queued');
    });

    const { run, result } = await control('cpu');

    expect(run).toMatchObject({ state: 'done', plant });
    if (result?.kind !== 'judged') throw new Error(`expected a verdict, found ${JSON.stringify(result)}`);
    const effect = result.verdicts.find(({ metric }) => metric === 'cpu_per_request')?.effect ?? 0;
    expect(effect).toBeGreaterThan(0.2);
    expect(await outcomes(run.id)).toContainEqual({
      scenario: 'tiny',
      metric: 'cpu_per_request',
      plant,
      estimated: true,
    });
    expect(await findViolations(loop.pool)).toEqual([]);
  },
  LIMIT_MS,
);
