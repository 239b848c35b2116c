import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type Asked, rejudgeAll, runRejudge, type Tally } from '../../src/cli/rejudge.ts';
import { ANALYSIS_VERSION } from '../../src/analyse/version.ts';
import type { RunResult } from '../../src/domain/run.ts';
import type { Pair } from '../../src/domain/trial.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { putDesired } from '../../src/store/outbox.ts';
import { findViolations } from '../../src/store/fsck.ts';
import { closeReported, finishRun } from '../../src/store/runs.ts';
import { saveEnvironment, savePair } from '../../src/store/trials.ts';
import { saveVerdicts, verdictsOf } from '../../src/store/verdicts.ts';
import { anEnvironment, aPair, aPullRequest, aVerdict } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun } from '../helpers/runs.ts';
import { perfCi } from './helpers.ts';

let database: TestDatabase;
const environment = anEnvironment();
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(async () => {
  await removeRows(database);
  await saveEnvironment(database.pool, environment);
});
afterAll(() => database.drop());

interface Said extends Tally {
  lines: string[];
  troubles: string[];
}

async function rejudge(asked: Partial<Asked> = {}, batch?: number): Promise<Said> {
  const lines: string[] = [];
  const troubles: string[] = [];
  const tally = await rejudgeAll(
    database.pool,
    { isDry: false, ...asked },
    (line) => lines.push(line),
    { say: (line) => troubles.push(line), update: () => undefined },
    batch,
  );
  return { ...tally, lines, troubles };
}

/** Pairs around `ratio`, explore and then confirm: enough for any look. */
function pairsAround(ratio: number, confirm = 0): Pair[] {
  return Array.from({ length: 12 + confirm }, (_, i) =>
    aPair(i + 1, ratio * (1 + 0.001 * Math.sin(i)), { stage: i < 12 ? 'explore' : 'confirm' }),
  );
}

/** A run of the past, as it was measured and as version 1 judged it. */
async function pastRun(pullNumber: number, pairs: readonly Pair[], verdicts: Verdict[]): Promise<string> {
  const run = await leasedRun(database.pool, aPullRequest(pullNumber).request());
  for (const pair of pairs) await savePair(database.pool, run, pair, environment.fingerprint);
  const result: RunResult = {
    kind: 'judged',
    gate: 'pass',
    verdicts,
    answers: [],
    notes: [],
    environment,
    baseSha: run.baseSha,
    headSha: run.headSha,
    pairsTotal: pairs.length,
    seed: 1,
  };
  await finishRun(database.pool, run, { state: 'reporting', result, timings: {} });
  await saveVerdicts(database.pool, run, verdicts);
  return run.id;
}

async function versions(runId: string): Promise<number[]> {
  const { rows } = await database.pool.query<{ version: number }>(
    `select distinct analysis_version as version from verdicts where run_id = $1 order by 1`,
    [runId],
  );
  return rows.map(({ version }) => version);
}

describe('perf-ci rejudge', () => {
  it('judges the past anew beside what was said, prints what changed, and touches nothing at GitHub', async () => {
    const missed = await pastRun(7, pairsAround(1.06, 24), [aVerdict('unchanged')]);
    const undecided = await pastRun(8, pairsAround(1), [aVerdict('inconclusive')]);
    const right = await pastRun(9, pairsAround(1), [aVerdict('unchanged', { threshold: 0.05 })]);
    await putDesired(database.pool, {
      installationId: '900',
      repoId: '5001',
      repoFullName: 'acme/ranking',
      runId: missed,
      sourceSequence: '1',
      kind: 'comment',
      slot: 'pull/7',
      desired: { body: 'as it was' },
    });
    const outbox = await database.pool.query('select * from outbox');

    const { code, stdout } = await perfCi(['rejudge'], { env: { DATABASE_URL: database.connectionString } });

    expect(stdout.split('\n').slice(0, -1)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^${missed} acme/ranking#7 everyday mix, cpu_per_request \\(gating\\): unchanged \\+0\\.1 % → regressed \\+[56]\\.\\d %$`,
        ),
      ),
      expect.stringMatching(
        new RegExp(`^${undecided} acme/ranking#8 .*: inconclusive \\+2\\.0 % → unchanged [+-]0\\.\\d %$`),
      ),
      `3 runs judged by analysis ${ANALYSIS_VERSION}, 2 verdicts changed`,
    ]);
    expect(code).toBe(1);
    for (const id of [missed, undecided, right]) expect(await versions(id)).toEqual([1, ANALYSIS_VERSION]);
    const [gate] = (await verdictsOf(database.pool, right)).filter(
      ({ threshold }) => threshold !== undefined,
    );
    expect(gate).toMatchObject({ threshold: 0.05, verdict: 'unchanged', analysisVersion: ANALYSIS_VERSION });
    expect((await database.pool.query('select * from outbox')).rows).toEqual(outbox.rows);
    const broken = (await findViolations(database.pool)).map(({ invariant }) => invariant);
    expect(broken.filter((name) => name.includes('verdict'))).toEqual([]);
  });

  it('does nothing more the second time, or when two do it at once', async () => {
    const id = await pastRun(8, pairsAround(1), [aVerdict('inconclusive')]);

    await Promise.all([rejudge(), rejudge()]);

    expect(await rejudge()).toMatchObject({ runs: 0, changed: 0, failed: 0, lines: [] });
    expect(await versions(id)).toEqual([1, ANALYSIS_VERSION]);
  });

  it('stores nothing with --dry-run, and says the same', async () => {
    const id = await pastRun(8, pairsAround(1), [aVerdict('inconclusive')]);

    const dry = await rejudge({ isDry: true });
    expect(await versions(id)).toEqual([1]);
    const wet = await rejudge();

    expect(dry).toMatchObject({ runs: 1, changed: 1, newlyRegressed: false });
    expect(dry).toEqual(wet);
    expect(await versions(id)).toEqual([1, ANALYSIS_VERSION]);
  });

  it('takes one run, or those since a day, closed ones too', async () => {
    const old = await pastRun(1, pairsAround(1), [aVerdict('unchanged')]);
    const young = await pastRun(2, pairsAround(1), [aVerdict('unchanged')]);
    const other = await pastRun(3, pairsAround(1), [aVerdict('unchanged')]);
    await closeReported(database.pool);
    await database.pool.query(`update runs set created_at = '2025-01-01' where id = $1`, [old]);

    await rejudge({ runId: young });
    expect(await Promise.all([old, young, other].map(versions))).toEqual([[1], [1, ANALYSIS_VERSION], [1]]);

    await rejudge({ since: new Date('2025-06-01') });
    expect(await Promise.all([old, other].map(versions))).toEqual([[1], [1, ANALYSIS_VERSION]]);
  });

  it('judges more runs than it reads at once, and none twice', async () => {
    for (const pull of [1, 2, 3, 4, 5]) await pastRun(pull, [aPair(1)], [aVerdict('inconclusive')]);

    expect(await rejudge({ isDry: true }, 2)).toMatchObject({ runs: 5, failed: 0 });
  });

  it('widens margins by what spoke against the machine then', async () => {
    const bare = await pastRun(1, pairsAround(1), [aVerdict('unchanged')]);
    const noisy = await pastRun(2, pairsAround(1), [aVerdict('unchanged')]);
    await database.pool.query(
      `update runs set result = result || '{"hostFlags": ["tasks waited for a CPU"]}' where id = $1`,
      [noisy],
    );

    await rejudge();

    const marginOf = async (id: string): Promise<number | undefined> =>
      (await verdictsOf(database.pool, id)).find(({ threshold }) => threshold !== undefined)?.margin;
    expect(await marginOf(noisy)).toBe(2 * ((await marginOf(bare)) ?? NaN));
  });

  it('goes on past a run that cannot be judged any more, and says so', async () => {
    const broken = await pastRun(1, pairsAround(1), [aVerdict('unchanged')]);
    const fine = await pastRun(2, pairsAround(1), [aVerdict('unchanged')]);
    await database.pool.query(
      `update verdicts set detail = detail || '{"metric": "no_such_metric"}' where run_id = $1`,
      [broken],
    );

    const { runs, failed, troubles } = await rejudge();

    expect({ runs, failed }).toEqual({ runs: 1, failed: 1 });
    expect(troubles).toEqual([`run ${broken} could not be judged: unknown metric no_such_metric`]);
    expect(await versions(fine)).toEqual([1, ANALYSIS_VERSION]);
  });

  it.each([
    [{ run: 'seven' }, /--run: the id of a run expected, found seven/],
    [{ since: 'yesterday' }, /--since: a date such as 2026-05-01 expected, found yesterday/],
    [{ since: '2026-99-99' }, /found 2026-99-99/],
  ])('refuses %j before it looks at any database', async (options, message) => {
    await expect(runRejudge(options)).rejects.toMatchObject({
      blame: 'usage',
      message: expect.stringMatching(message),
    });
  });

  it('refuses a run that is not there', async () => {
    const asking = rejudge({ runId: '00000000-0000-4000-8000-000000000000' });

    await expect(asking).rejects.toMatchObject({ code: 'run-unknown', blame: 'usage' });
  });
});
