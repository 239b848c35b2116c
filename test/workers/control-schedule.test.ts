import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { Plant } from '../../src/domain/control.ts';
import type { Run, RunResult } from '../../src/domain/run.ts';
import type { ControlFacts } from '../../src/store/control-runs.ts';
import { withTransaction } from '../../src/store/pool.ts';
import {
  cancelRunsOfRemoved,
  createRun,
  finishRun,
  supersedeOlder,
  waitingRuns,
} from '../../src/store/runs.ts';
import { upsertInstallation, upsertRepository } from '../../src/store/repositories.ts';
import { controlsDue, nightOf, scheduleControls, WEEKLY_PLANTS } from '../../workers/control-schedule.ts';
import { loadStandings, saveOutcomes } from '../../workers/controls.ts';
import { showRun } from '../../workers/show-run.ts';
import { aControl, anEnvironment, aPullRequest, aVerdict, sha } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun, queuedRun } from '../helpers/runs.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const at = (text: string): number => Date.parse(`2026-05-${text}Z`);
const NONE: Plant = { kind: 'none' };
const CPU2: Plant = { kind: 'cpu', share: 0.02 };

describe('a night', () => {
  it.each([
    ['10T03:00', 3, '10T03:00'],
    ['10T08:59', 3, '10T03:00'],
    ['10T09:00', 3, undefined],
    ['10T02:59', 3, undefined],
    ['10T01:30', 22, '09T22:00'],
    ['10T00:00', 0, '10T00:00'],
  ])('at %s, when nights begin at %i, began at %s', (now, hour, began) => {
    expect(nightOf(at(now), hour)).toBe(began === undefined ? undefined : at(began));
  });
});

describe('what is due', () => {
  const facts = (changes: Partial<ControlFacts> = {}): ControlFacts => ({
    base: { installationId: '1', repoId: '2', repoFullName: 'a/b', baseSha: sha('main'), baseRef: 'main' },
    judgedSince: 0,
    judgedAt: [new Date(at('09T12:00'))],
    controls: [],
    ...changes,
  });
  const control = (plant: Plant, created: string, open = false): ControlFacts['controls'][number] => ({
    plant,
    createdAt: new Date(at(created)),
    open,
  });
  const settings = { everyRuns: 10, hour: 3 };
  const noon = at('10T12:00');
  const night = at('10T03:10');

  it('is nothing by day before the tenth pull request run, and one run after it', () => {
    expect(controlsDue(facts({ judgedSince: 9 }), settings, noon)).toEqual([]);
    expect(controlsDue(facts({ judgedSince: 10 }), settings, noon)).toEqual([NONE]);
    expect(controlsDue(facts({ judgedSince: 35 }), settings, noon)).toEqual([NONE]);
  });

  it('is nothing when switched off', () => {
    expect(controlsDue(facts({ judgedSince: 99 }), { everyRuns: 0, hour: undefined }, night)).toEqual([]);
  });

  it('is the same code once a night, and one planted run', () => {
    expect(controlsDue(facts(), settings, night)).toEqual([NONE, CPU2]);
    const done = facts({ controls: [control(NONE, '10T03:05'), control(CPU2, '10T03:05')] });
    expect(controlsDue(done, settings, night)).toEqual([]);
    const yesterday = facts({ controls: [control(NONE, '09T03:05'), control(CPU2, '09T03:05')] });
    expect(controlsDue(yesterday, settings, night)).toEqual([NONE, { kind: 'cpu', share: 0.03 }]);
  });

  it('never is a second one while one of the kind waits', () => {
    const waiting = [control(NONE, '08T03:05', true), control(CPU2, '08T03:05', true)];

    expect(controlsDue(facts({ judgedSince: 50, controls: waiting }), settings, night)).toEqual([]);
  });

  it('is nothing at night for what was last measured a week ago, or only since the night began', () => {
    expect(controlsDue(facts({ judgedAt: [new Date(at('03T02:00'))] }), settings, night)).toEqual([]);
    expect(controlsDue(facts({ judgedAt: [new Date(at('10T03:05'))] }), settings, night)).toEqual([]);
  });

  it('plants each of four once a week, whatever the minute at which a night is noticed', () => {
    const controls: ControlFacts['controls'] = [];
    const planted: string[] = [];
    for (let day = 1; day <= 28; day += 1) {
      const now = at('01T03:00') + day * DAY_MS + (day % 3) * 40 * 60_000;
      const known = facts({ judgedAt: [new Date(now - DAY_MS)], controls: controls.toReversed() });
      for (const plant of controlsDue(known, { everyRuns: 0, hour: 3 }, now)) {
        controls.push({ plant, createdAt: new Date(now), open: false });
        planted.push(JSON.stringify(plant));
      }
    }

    expect(planted.filter((text) => text === JSON.stringify(NONE))).toHaveLength(28);
    for (const plant of WEEKLY_PLANTS) {
      expect(planted.filter((text) => text === JSON.stringify(plant))).toHaveLength(4);
    }
  });
});

describe('the schedule on the database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  beforeEach(() => removeRows(database));
  afterAll(() => database.drop());

  const judged: RunResult = {
    kind: 'judged',
    gate: 'pass',
    verdicts: [aVerdict('unchanged'), aVerdict('unchanged', { scenario: 'b', effect: -0.002 })],
    answers: [],
    notes: [],
    environment: anEnvironment(),
    baseSha: sha('main'),
    headSha: sha('main'),
    pairsTotal: 8,
    seed: 1,
  };
  const everyThird = { everyRuns: 3, hour: undefined };

  async function concluded(pullNumber: number, result: RunResult = judged, base = 'main'): Promise<void> {
    const run = await leasedRun(
      database.pool,
      aPullRequest(pullNumber)
        .with({ baseSha: sha(base) })
        .request(),
    );
    await finishRun(database.pool, run, { state: 'reporting', result, timings: {} });
  }
  async function controls(): Promise<Run[]> {
    return (await waitingRuns(database.pool, 'default', 100)).filter(({ kind }) => kind === 'control');
  }

  it('creates one after every third judged pull request run, at its newest base, behind everything else', async () => {
    await concluded(1);
    await concluded(2);
    await concluded(3, { kind: 'skipped', reason: 'only documents changed' });
    expect(await scheduleControls(database.pool, everyThird)).toBe(0);

    await concluded(4, judged, 'newer main');
    const waiting = await queuedRun(database.pool, aPullRequest(5).request());
    expect(await scheduleControls(database.pool, everyThird)).toBe(1);
    expect(await scheduleControls(database.pool, everyThird)).toBe(0);

    const line = await waitingRuns(database.pool, 'default', 10);
    expect(line[0]?.id).toBe(waiting.id);
    expect(line[1]).toMatchObject({
      kind: 'control',
      state: 'queued',
      headSha: sha('newer main'),
      baseSha: sha('newer main'),
      headRef: 'main',
      plant: NONE,
      repoFullName: 'acme/ranking',
    });
    expect(line).toHaveLength(2);
  });

  it('counts anew from the last one, on the same commit too', async () => {
    for (const pull of [1, 2, 3]) await concluded(pull);
    await scheduleControls(database.pool, everyThird);
    const [first] = await controls();
    await database.pool.query(`update runs set state = 'failed' where id = $1`, [first?.id]);
    for (const pull of [4, 5]) await concluded(pull);
    expect(await scheduleControls(database.pool, everyThird)).toBe(0);

    await concluded(6);
    expect(await scheduleControls(database.pool, everyThird)).toBe(1);
    expect(await controls()).toMatchObject([{ rerunNumber: 1, headSha: first?.headSha }]);
  });

  it('creates each once however many reporters decide at the same moment', async () => {
    for (const pull of [1, 2, 3]) await concluded(pull);
    const yesterday = new Date(Date.now() - DAY_MS);
    await database.pool.query(`update run_moves set moved_at = $1`, [yesterday]);
    // The night began an hour ago, by the clock of the database that the rows are compared with.
    const settings = { everyRuns: 3, hour: new Date(Date.now() - HOUR_MS).getUTCHours() };

    const created = await Promise.all(
      Array.from({ length: 8 }, () => scheduleControls(database.pool, settings)),
    );

    expect(created.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect((await controls()).map(({ plant }) => plant)).toEqual([NONE, CPU2]);
  });

  it('passes over repositories that are gone, and goes on when they are back', async () => {
    for (const pull of [1, 2, 3]) await concluded(pull);
    const repository = {
      repoId: '5001',
      installationId: '900',
      fullName: 'acme/ranking',
      defaultBranch: 'main',
      isPrivate: false,
    };
    await upsertRepository(database.pool, { ...repository, state: 'removed' });
    expect(await scheduleControls(database.pool, everyThird)).toBe(0);

    await upsertRepository(database.pool, repository);
    const installation = { installationId: '900', accountLogin: 'acme' };
    await upsertInstallation(database.pool, { ...installation, state: 'suspended' });
    expect(await scheduleControls(database.pool, everyThird)).toBe(0);

    await upsertInstallation(database.pool, { ...installation, state: 'removed' });
    // The App is installed again under another id, but nothing was judged since.
    await leasedRun(database.pool, aPullRequest(4).with({ installationId: '901' }).request());
    expect(await scheduleControls(database.pool, everyThird)).toBe(0);

    await upsertInstallation(database.pool, { ...installation, state: 'active' });
    expect(await scheduleControls(database.pool, everyThird)).toBe(1);
  });

  it('makes runs that show nothing at GitHub, supersede nothing, and end with their repository', async () => {
    const control = await queuedRun(database.pool, aControl('main').request());
    await withTransaction(database.pool, async (tx) => {
      const pull = await createRun(tx, aPullRequest(7).request(), 'queued');
      expect(await supersedeOlder(tx, control)).toEqual([]);
      expect(await supersedeOlder(tx, pull.run)).toEqual([]);
      await showRun(tx, control, { publicUrl: 'https://perf.example' });
    });

    const { rows } = await database.pool.query('select 1 from outbox');
    expect(rows).toEqual([]);
    const removed = await cancelRunsOfRemoved(database.pool, { installationId: '900', by: 'removed' });
    expect(removed.map(({ kind }) => kind).toSorted()).toEqual(['control', 'pull_request']);
  });

  it('leads to standings, which block pull requests and never the control itself', async () => {
    const alarm = (effect: number): RunResult => ({
      ...judged,
      verdicts: [aVerdict(effect > 0.01 ? 'regressed' : 'unchanged', { effect })],
    });
    for (let day = 0; day < 20; day += 1) {
      const run = await leasedRun(database.pool, aControl('main').rerun(day).request());
      const result = alarm(day < 2 ? 0.05 : 0.001);
      await withTransaction(database.pool, async (tx) => {
        await finishRun(tx, run, { state: 'reporting', result, timings: {} });
        await saveOutcomes(tx, run, result);
      });
    }
    const where = { machineId: 'machine-1', scenarios: ['everyday mix'] };

    const forPull = await loadStandings(database.pool, { repoId: '5001', kind: 'pull_request' }, where);
    const forControl = await loadStandings(database.pool, { repoId: '5001', kind: 'control' }, where);

    expect(forPull).toMatchObject([
      { scenario: 'everyday mix', metric: 'cpu_per_request', jobs: 20, falseAlarms: 2, planted: [] },
    ]);
    expect(forPull[0]?.blocked).toContain('2 of the last 20');
    expect(forControl[0]).not.toHaveProperty('blocked');
    expect(
      await loadStandings(database.pool, { repoId: '5001', kind: 'push' }, { ...where, machineId: 'x' }),
    ).toEqual([]);
  });

  it('keeps no outcome of a run that is no control run, or that gave no verdict', async () => {
    const pull = await leasedRun(database.pool, aPullRequest(7).request());
    const control = await leasedRun(database.pool, aControl('main').request());
    await saveOutcomes(database.pool, pull, judged);
    await saveOutcomes(database.pool, control, { kind: 'skipped', reason: 'test' });

    const { rows } = await database.pool.query('select 1 from control_outcomes');
    expect(rows).toEqual([]);
  });
});
