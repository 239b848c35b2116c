import { randomUUID } from 'node:crypto';
import type { Run } from '../../src/domain/run.ts';
import { processNext } from '../../src/intake/loop.ts';
import type { NoticeCode } from '../../src/intake/notices.ts';
import type { GitHubReads, IntakeStore, PullRequestFacts, ShowPorts } from '../../src/intake/ports.ts';
import * as deliveries from '../../src/store/deliveries.ts';
import * as intake from '../../src/store/intake.ts';
import { type Pool, withTransaction } from '../../src/store/pool.ts';
import * as repositories from '../../src/store/repositories.ts';
import * as runs from '../../src/store/runs.ts';
import { readEvent } from '../../src/webhook/payload.ts';
import { OWN_APP_ID, type Payload, REPO_ID } from '../fixtures/payloads/payloads.ts';

/** Wired as the product is, so that the types of the rooms are checked against each other here too. */
export const STORE: IntakeStore = { withTransaction, ...deliveries, ...repositories, ...runs, ...intake };

export const SHA = {
  a: 'a'.repeat(40),
  b: 'b'.repeat(40),
  c: 'c'.repeat(40),
  base: '1'.repeat(40),
} as const;

type Permission = 'admin' | 'write' | 'read' | 'none';

/** GitHub as the tests set it: what is not set is not there. */
export interface FakeGitHub extends GitHubReads {
  pulls: Map<number, PullRequestFacts>;
  permissions: Map<string, Permission>;
  commits: Map<string, { parents: string[] }>;
  /** Thrown by every read of pull requests and commits, and by permission reads, while set. */
  broken: Error | undefined;
  permissionsBroken: Error | undefined;
  reads: number;
}

export function fakeGitHub(): FakeGitHub {
  const fake: FakeGitHub = {
    pulls: new Map(),
    permissions: new Map(),
    commits: new Map(),
    broken: undefined,
    permissionsBroken: undefined,
    reads: 0,
    readPullRequest: ({ number }) => answer(fake, fake.pulls.get(number)),
    readCommit: ({ sha }) => answer(fake, fake.commits.get(sha)),
    permissionOf({ userId }) {
      if (fake.permissionsBroken !== undefined) return Promise.reject(fake.permissionsBroken);
      return Promise.resolve(fake.permissions.get(userId) ?? 'none');
    },
  };
  return fake;
}

function answer<T>(fake: FakeGitHub, found: T): Promise<T> {
  fake.reads += 1;
  return fake.broken === undefined ? Promise.resolve(structuredClone(found)) : Promise.reject(fake.broken);
}

export function openPull(changes: Partial<PullRequestFacts> = {}): PullRequestFacts {
  return {
    state: 'open',
    draft: false,
    headSha: SHA.a,
    headRef: 'topic',
    headRepoId: String(REPO_ID),
    baseRef: 'master',
    baseSha: SHA.base,
    baseRepoId: String(REPO_ID),
    ...changes,
  };
}

export interface Harness {
  pool: Pool;
  github: FakeGitHub;
  shownRuns: Run[];
  notices: { pullNumber: number; code: NoticeCode }[];
  log: { level: string; message: string }[];
  ports: Parameters<typeof processNext>[0];
  /** Stores one delivery as the door does; comes back with its id. */
  store(event: string, payload: Payload, deliveryId?: string): Promise<string>;
  /** Processes what is due until nothing is. */
  drain(): Promise<string[]>;
  /** Stores and processes. */
  handle(event: string, payload: Payload): Promise<{ state: string; reason: string | null }>;
  /** State and reason of a delivery. */
  delivery(deliveryId: string): Promise<{ state: string; reason: string | null }>;
  /** The runs of a pull request, or the pushes without a number, oldest first, in few words. */
  runs(pullNumber?: number): Promise<{ head: string; rerun: number; state: string }[]>;
  /** Makes put-off deliveries due now. */
  hurry(): Promise<void>;
}

export function makeHarness(pool: Pool): Harness {
  const github = fakeGitHub();
  const shownRuns: Run[] = [];
  const notices: Harness['notices'] = [];
  const log: Harness['log'] = [];
  const show: ShowPorts = {
    showRun: (_tx, run) => Promise.resolve(void shownRuns.push(run)),
    showNotice: (_tx, { pullNumber, notice }) =>
      Promise.resolve(void notices.push({ pullNumber, code: notice.code })),
  };
  const note = (level: string) => (_fields: object, message: string) => void log.push({ level, message });
  const ports: Harness['ports'] = {
    pool,
    store: STORE,
    github,
    show,
    readEvent,
    appId: OWN_APP_ID,
    log: { info: note('info'), warn: note('warn'), error: note('error') },
  };

  const harness: Harness = {
    pool,
    github,
    shownRuns,
    notices,
    log,
    ports,
    async store(event, payload, deliveryId = randomUUID()) {
      await deliveries.storeDelivery(pool, { deliveryId, event, body: Buffer.from(JSON.stringify(payload)) });
      return deliveryId;
    },
    async drain() {
      const ends: string[] = [];
      for (;;) {
        const end = await processNext(ports);
        if (end === 'none') return ends;
        ends.push(end);
      }
    },
    async handle(event, payload) {
      const id = await harness.store(event, payload);
      await harness.drain();
      return harness.delivery(id);
    },
    async delivery(deliveryId) {
      const { rows } = await pool.query<{ state: string; reason: string | null }>(
        'select state, reason from deliveries where delivery_id = $1',
        [deliveryId],
      );
      return rows[0] ?? { state: 'absent', reason: null };
    },
    async runs(pullNumber) {
      const { rows } = await pool.query<{ head: string; rerun: number; state: string }>(
        `select left(head_sha, 1) as head, rerun_number as rerun, state from runs
         where pull_number is not distinct from $1 order by sequence`,
        [pullNumber ?? null],
      );
      return rows;
    },
    async hurry() {
      await pool.query(`update deliveries set next_try_at = now() where state = 'new'`);
    },
  };
  return harness;
}

/** Moves the newest run of a pull request along its legal states as a worker would. */
export async function moveNewestRun(pool: Pool, pullNumber: number, ...states: string[]): Promise<void> {
  for (const state of states) {
    await pool.query(
      `update runs set state = $2
       where id = (select id from runs where pull_number = $1 order by sequence desc limit 1)`,
      [pullNumber, state],
    );
  }
}
