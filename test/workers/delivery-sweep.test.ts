import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { openGitHub } from '../../src/github/client.ts';
import { createHookDeliveries, type HookAttempt } from '../../src/github/hook-deliveries.ts';
import type { DoubleRepository, GitHubDouble } from '../../src/github-double/contract.ts';
import { startGitHubDouble } from '../../src/github-double/start.ts';
import { createLog } from '../../src/log.ts';
import { storeDelivery } from '../../src/store/deliveries.ts';
import { openPool, type Pool } from '../../src/store/pool.ts';
import { type DeliverySweep, startDeliverySweep } from '../../workers/delivery-sweep.ts';
import {
  type Asked,
  findMissed,
  looksShut,
  type MissedDelivery,
  planRedeliveries,
  type RedeliveryRules,
} from '../../workers/missed-deliveries.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { type Door, HOOK, openDoor, SECRET } from '../webhook/door.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.parse('2026-01-10T12:00:00Z');
const PAUSE_MS = 300_000;

let nextId = 1;

/** The attempts of one event, oldest first: how long ago each was made, and what the door answered. */
function anEvent(guid: string, ...attempts: [agoMs: number, statusCode: number][]): HookAttempt[] {
  return attempts.map(([agoMs, statusCode], index) => ({
    id: String((nextId += 1)),
    guid,
    deliveredAtMs: NOW_MS - agoMs,
    statusCode,
    isRedelivery: index > 0,
  }));
}

function missedOf(...events: HookAttempt[][]): MissedDelivery[] {
  return findMissed(events.flat(), NOW_MS).missed;
}

function plan(
  missed: MissedDelivery[],
  rules: Partial<RedeliveryRules> = {},
  asked = new Map<string, Asked>(),
) {
  return planRedeliveries(missed, asked, {
    nowMs: NOW_MS,
    pauseMs: PAUSE_MS,
    isShut: false,
    hasReopened: false,
    ...rules,
  });
}

function guidsOf(redelivered: { guid: string }[]): string[] {
  return redelivered.map(({ guid }) => guid);
}

describe('an event', () => {
  it('is missed when no attempt of it was answered with 2xx', () => {
    const missed = missedOf(
      anEvent('arrived', [1000, 202]),
      anEvent('refused', [2000, 401]),
      anEvent('unanswered', [3000, 0]),
      anEvent('late', [4000, 503], [1000, 0], [500, 204]),
      anEvent('away', [5000, 503], [1000, 503]),
    );

    expect(guidsOf(missed)).toEqual(['refused', 'unanswered', 'away']);
  });

  it('is told once, whatever the order in which its attempts are listed and however often', () => {
    const attempts = anEvent('away', [HOUR_MS, 503], [1000, 502]);

    const missed = missedOf(attempts.toReversed(), attempts);

    expect(missed).toEqual([{ guid: 'away', attempts }]);
  });

  it('that began before what is known of it is left alone: it may have arrived then', () => {
    const [, again] = anEvent('sent again by hand', [80 * HOUR_MS, 202], [HOUR_MS, 503]);

    expect(missedOf([again as HookAttempt])).toEqual([]);
  });

  it('older than three days is lost, also when it was tried since', () => {
    const old = anEvent('old', [73 * HOUR_MS, 503], [HOUR_MS, 503]);

    expect(findMissed(old, NOW_MS)).toEqual({ missed: [], expired: [{ guid: 'old', attempts: old }] });
  });

  it('keeps the order of its attempts within a second, with ids longer than a double holds', () => {
    const at = { guid: 'long', deliveredAtMs: NOW_MS, statusCode: 503 };
    const attempts = [
      { ...at, id: '9999999999999999999', isRedelivery: false },
      { ...at, id: '10000000000000000001', isRedelivery: true },
      { ...at, id: '10000000000000000002', isRedelivery: true },
    ];

    expect(missedOf(attempts.toReversed())[0]?.attempts).toEqual(attempts);
  });
});

describe('the door', () => {
  it('looks shut while the newest attempt of all failed', () => {
    const before = anEvent('a', [2000, 202]);
    const failed = anEvent('b', [1000, 503]);
    const after = anEvent('c', [500, 202]);

    expect(looksShut([...failed, ...before])).toBe(true);
    expect(looksShut([...before, ...failed, ...after])).toBe(false);
    expect(looksShut([])).toBeUndefined();
  });
});

describe('a redelivery', () => {
  it('is due at once for what was tried once, oldest first, by the id of the newest attempt', () => {
    const younger = anEvent('younger', [1000, 503]);
    const older = anEvent('older', [2 * HOUR_MS, 503], [HOUR_MS, 0]);

    const { redeliver, hasMore } = plan(missedOf(younger, older));

    expect(redeliver).toEqual([
      { guid: 'older', attemptId: older[1]?.id, attempts: 3 },
      { guid: 'younger', attemptId: younger[0]?.id, attempts: 2 },
    ]);
    expect(hasMore).toBe(false);
  });

  it.each([
    { tries: 2, pause: 1 },
    { tries: 3, pause: 4 },
    { tries: 4, pause: 12 },
    { tries: 9, pause: 12 },
  ])('after $tries attempts waits $pause intervals', ({ tries, pause }) => {
    const lastAgo = (agoMs: number): HookAttempt[] =>
      anEvent(
        'away',
        ...Array.from({ length: tries }, (_, index): [number, number] => [
          agoMs + (tries - 1 - index) * 1000,
          503,
        ]),
      );

    expect(plan(missedOf(lastAgo(pause * PAUSE_MS - 1))).redeliver).toEqual([]);
    expect(plan(missedOf(lastAgo(pause * PAUSE_MS))).redeliver).toHaveLength(1);
  });

  it('is not asked for twice while the first has not shown in the list', () => {
    const missed = missedOf(anEvent('slow', [HOUR_MS, 503]));
    const asked = new Map([['slow', { atMs: NOW_MS - PAUSE_MS + 1, attempts: 2 }]]);

    expect(plan(missed, {}, asked).redeliver).toEqual([]);
    expect(plan(missed, { hasReopened: true }, asked).redeliver).toEqual([]);
    expect(plan(missed, { nowMs: NOW_MS + 1 }, asked).redeliver).toMatchObject([
      { guid: 'slow', attempts: 3 },
    ]);
  });

  it('is timed by our own clock where we know when we asked', () => {
    const behind = missedOf(anEvent('clock behind', [HOUR_MS, 503], [HOUR_MS - 1000, 503]));
    const asked = new Map([['clock behind', { atMs: NOW_MS - 1000, attempts: 2 }]]);

    expect(plan(behind, {}, asked).redeliver).toEqual([]);
  });

  it('is not asked for any more after the door has refused the event five times', () => {
    const four = anEvent('four', ...Array.from({ length: 4 }, (): [number, number] => [9 * HOUR_MS, 422]));
    const five = anEvent('five', ...Array.from({ length: 5 }, (): [number, number] => [9 * HOUR_MS, 422]));

    const { redeliver, refused } = plan(missedOf(four, five));

    expect(guidsOf(redeliver)).toEqual(['four']);
    expect(guidsOf(refused)).toEqual(['five']);
  });

  it('is asked for as long as three days while nobody answers', () => {
    const away = anEvent(
      'away',
      ...Array.from({ length: 40 }, (_, n): [number, number] => [(60 - n) * HOUR_MS, 0]),
    );

    expect(plan(missedOf(away))).toMatchObject({ redeliver: [{ guid: 'away' }], refused: [] });
  });

  it('does not wait out its pause when the door has opened again, unless the door refused it', () => {
    const away = anEvent('away', [3000, 503], [2000, 0], [1000, 503]);
    const refused = anEvent('refused', [3000, 503], [2000, 0], [1000, 401]);

    const { redeliver } = plan(missedOf(away, refused), { hasReopened: true });

    expect(guidsOf(redeliver)).toEqual(['away']);
  });

  it('is asked for 150 times a round, and for five events while nothing gets through', () => {
    const many = missedOf(...Array.from({ length: 200 }, (_, n) => anEvent(`e${n}`, [HOUR_MS - n, 503])));

    const open = plan(many);
    const shut = plan(many, { isShut: true });

    expect(open.redeliver).toHaveLength(150);
    expect(open.hasMore).toBe(true);
    expect(guidsOf(shut.redeliver)).toEqual(['e0', 'e1', 'e2', 'e3', 'e4']);
    expect(shut.hasMore).toBe(true);
  });
});

describe('the sweep', () => {
  const INTERVAL_MS = 50;
  let database: TestDatabase;
  let folder: string;
  let github: GitHubDouble;
  let repository: DoubleRepository;
  let pull: number;
  let door: Door;
  /** What the door stores into; away at first. */
  let away: Pool;
  let target: Pool;
  let sweep: DeliverySweep | undefined;

  beforeAll(async () => {
    database = await freshDatabase();
    away = openPool({ connectionString: 'postgres://nobody@127.0.0.1:1/none' }, { max: 1 });
    folder = await mkdtemp(join(tmpdir(), 'perf-ci-sweep-'));
    door = await openDoor({ store: (delivery) => storeDelivery(target, delivery) });
  });
  beforeEach(async () => {
    await removeRows(database);
    target = database.pool;
    github = await startGitHubDouble({ folder: await mkdtemp(join(folder, 'github-')), seed: 3 });
    github.addUser('dev');
    repository = await github.createRepository('acme/ranker', { files: { 'README.md': 'one\n' } });
    await github.commit(repository, 'topic', { files: { 'README.md': 'two\n' } });
    const opened = await github.openPullRequest(repository, {
      head: 'topic',
      base: 'main',
      title: 'T',
      author: 'dev',
    });
    pull = opened.number;
    deliverWith(SECRET);
  });
  afterEach(async () => {
    await sweep?.stop();
    sweep = undefined;
    await github.stop();
  });
  afterAll(async () => {
    await door.close();
    await away.end();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  function deliverWith(secret: string): void {
    github.webhookTarget(`http://127.0.0.1:${door.port}${HOOK}`, secret);
  }

  /** So many deliveries; comes back when each was tried. */
  async function tell(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) github.comment(repository, pull, 'dev', `comment ${n}`);
    await github.deliveriesSettled();
  }

  function start(intervalMs = INTERVAL_MS): void {
    const { id: appId, privateKeyPem } = github.app;
    const client = openGitHub({ appId, privateKeyPem, apiUrl: github.url, version: '0', timeoutMs: 1_000 });
    const log = createLog('test', 'silent');
    sweep = startDeliverySweep({ hooks: createHookDeliveries(client), intervalMs, log });
  }

  async function restart(): Promise<void> {
    await sweep?.stop();
    start();
  }

  async function stored(): Promise<string[]> {
    const { rows } = await database.pool.query<{ delivery_id: string }>('select delivery_id from deliveries');
    return rows.map((row) => row.delivery_id).sort();
  }

  function attempts(): number[] {
    return github.deliveries.map((delivery) => delivery.attempts);
  }

  function redeliveriesAskedFor(): number {
    return github.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/attempts'))
      .length;
  }

  function rounds(): number {
    return github.requests.filter(({ path }) => path === '/app/hook/deliveries').length;
  }

  async function someRounds(): Promise<void> {
    const before = rounds();
    await expect.poll(rounds).toBeGreaterThan(before + 4);
    await github.deliveriesSettled();
  }

  const allIds = (): string[] => github.deliveries.map(({ id }) => id).sort();

  it('brings every delivery that met a 503 as soon as the door is open again, and no other a second time', async () => {
    await tell(3);
    target = away;
    await tell(12);
    start();
    await someRounds();
    expect(await stored()).toHaveLength(3);

    target = database.pool;

    await expect.poll(stored, { timeout: 10_000 }).toEqual(allIds());
    await someRounds();
    expect(attempts().slice(0, 3)).toEqual([1, 1, 1]);
    expect(github.deliveries.map(({ status }) => status)).toEqual(Array(15).fill(202));
  });

  it('at its start brings what came while nobody was there, once', async () => {
    await door.close();
    await tell(8);
    const { port } = door;
    door = await openDoor({ store: (delivery) => storeDelivery(target, delivery) });
    deliverWith(SECRET);
    expect(door.port).not.toBe(port);

    start();

    await expect.poll(stored, { timeout: 10_000 }).toEqual(allIds());
    await someRounds();
    expect(attempts()).toEqual(Array(8).fill(2));
  });

  it('asks for nothing when everything has arrived, after a restart neither', async () => {
    await tell(4);
    start();
    await someRounds();
    await restart();
    await someRounds();

    expect(redeliveriesAskedFor()).toBe(0);
  });

  it('tries what the door refuses five times in all, and lets the others through', async () => {
    deliverWith('a secret that is not ours');
    await tell(2);
    start(10);
    await expect.poll(attempts, { timeout: 10_000 }).toEqual([5, 5]);
    await someRounds();

    deliverWith(SECRET);
    await tell(1);
    await someRounds();

    expect(attempts()).toEqual([5, 5, 1]);
    expect(await stored()).toEqual([github.deliveries[2]?.id]);
  });

  it('goes on where it was after GitHub could not be asked', async () => {
    target = away;
    await tell(3);
    target = database.pool;
    github.faults.add({ match: { path: /hook\/deliveries/ }, kind: '502', times: 2 });
    github.faults.add({
      match: { method: 'POST', path: /\/attempts$/ },
      kind: 'commit-then-reset',
      times: 1,
    });

    start();

    await expect.poll(stored, { timeout: 10_000 }).toEqual(allIds());
  });

  it('asks for no more once GitHub says that it is too much, until it may again', async () => {
    target = away;
    await tell(3);
    target = database.pool;
    github.faults.add({
      match: { method: 'POST', path: /\/attempts$/ },
      kind: '403-secondary',
      times: 1,
      retryAfterSeconds: 2,
    });

    start();

    await expect.poll(redeliveriesAskedFor).toBe(1);
    const listed = rounds();
    await new Promise((resolve) => setTimeout(resolve, 5 * INTERVAL_MS));
    expect([rounds(), redeliveriesAskedFor()]).toEqual([listed, 1]);
    await expect.poll(stored, { timeout: 10_000 }).toEqual(allIds());
  });
});
