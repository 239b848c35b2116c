import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Running, startAll } from '../../src/cli/up.ts';
import type { Run, RunResult } from '../../src/domain/run.ts';
import { TERMINAL_STATES } from '../../src/domain/run.ts';
import type { DoubleRepository, DoubleUser, GitHubDouble } from '../../src/github-double/contract.ts';
import { startGitHubDouble } from '../../src/github-double/start.ts';
import { openPool, type Pool } from '../../src/store/pool.ts';
import { latestRunOfPull, resultOf, runById } from '../../src/store/runs.ts';
import { checkAgainstDescription } from '../github-double/openapi-check.ts';

type Check = ReturnType<GitHubDouble['checkRuns']>[number];
type Comment = ReturnType<GitHubDouble['comments']>[number];

export interface Concluded {
  run: Run;
  result: RunResult | undefined;
  check: Check;
  comments: Comment[];
}

/** A file by its path; `null`: there is none. */
type Files = Record<string, string | null>;

interface Wait {
  /** Undefined: the one that every loop has. */
  repository?: DoubleRepository;
  timeoutMs?: number;
}

/** perf-ci as a user has it (real processes, real Postgres, real queue), before a GitHub double. */
export interface Loop {
  github: GitHubDouble;
  running: Running;
  pool: Pool;
  repository: DoubleRepository;
  author: DoubleUser;
  folder: string;
  /** One more repository with the tiny service, changed by `files`, in which the author may write. */
  addRepository(fullName: string, files?: Files): Promise<DoubleRepository>;
  /** Commits `files` on a new branch from main and opens a pull request. */
  propose(
    branch: string,
    files: Files,
    options?: { repository?: DoubleRepository; draft?: boolean },
  ): Promise<number>;
  /** Waits until a worker measures the newest run of the pull request. */
  measuring(number: number, options?: Wait): Promise<Run>;
  /** Waits until the newest run of the pull request (of `headSha`, if given) has ended and GitHub shows it. */
  concluded(number: number, options?: Wait & { headSha?: string }): Promise<Concluded>;
  /** The same for the run of a push that made `headSha`. */
  concludedPush(headSha: string, options?: Wait): Promise<Concluded>;
  /** What perf-ci itself wrote on the pull request. */
  ourComments(number: number, repository?: DoubleRepository): Comment[];
  stop(): Promise<void>;
}

/** Runs take seconds, but whatever else measures on this host is waited for. */
const PATIENCE_MS = 120_000;

/** A configuration whose pairs take a fraction of a second. */
export const TINY_CONFIG = `version: 1
service:
  start: [node, start.mjs]
  ready: { path: /healthz, timeout: 3s }
paths: { ignore: ['**/*.md'] }
answers: { ignore_keys: [at], sample: 4 }
diagnosis: { profile: false, instructions: false }
scenarios:
  - name: tiny
    requests:
      - { method: GET, path: /a }
      - { method: GET, path: /b }
    load: { warm_up: 100ms, warm_up_requests: 20, connections: 2, measured: 150ms, request_timeout: 1s, memory_after_gc: false }
    budget: 10s
`;

/** The program of the tiny service's start, with its behaviour (test/fixtures/services/tiny.mjs). */
export function startFile(behaviour: { BEHAVIOUR?: string; BURN?: string } = {}): string {
  return `Object.assign(process.env, ${JSON.stringify(behaviour)});\nawait import('./tiny.mjs');\n`;
}

export async function tinyFiles(): Promise<Record<string, string>> {
  return {
    'perf-ci.yml': TINY_CONFIG,
    'start.mjs': startFile({ BURN: '500' }),
    'tiny.mjs': await readFile(new URL('../fixtures/services/tiny.mjs', import.meta.url), 'utf8'),
    'README.md': 'a service\n',
  };
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

export interface LoopOptions {
  /** Undefined: a private Postgres, as `perf-ci up` starts it. */
  databaseUrl?: string | undefined;
  redisUrl?: string | undefined;
  seed?: number;
  /** Further settings, over the short times that tests use. */
  settings?: Record<string, string>;
}

export async function startLoop(options: LoopOptions = {}): Promise<Loop> {
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-loop-'));
  const github = await startGitHubDouble({
    folder: join(folder, 'github'),
    seed: options.seed ?? 1,
    validate: checkAgainstDescription,
  });
  const secret = randomBytes(24).toString('hex');
  const keyFile = join(folder, 'app.pem');
  await writeFile(keyFile, github.app.privateKeyPem, { mode: 0o600 });
  const port = await freePort();
  const running = await startAll(
    {
      PATH: process.env['PATH'],
      HOME: folder,
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      GITHUB_API_URL: github.url,
      GITHUB_APP_ID: String(github.app.id),
      GITHUB_PRIVATE_KEY_FILE: keyFile,
      GITHUB_WEBHOOK_SECRET: secret,
      PERF_CI_DATA_DIR: join(folder, 'data'),
      PERF_CI_LEASE_SECONDS: '3',
      PERF_CI_POLL_SECONDS: '1',
      PERF_CI_LOOK_AGAIN_SECONDS: '1',
      // Whatever else runs on this machine, and at whatever hour.
      PERF_CI_PREFLIGHT: 'flag',
      PERF_CI_CONTROL_EVERY: '0',
      PERF_CI_CONTROL_HOUR: 'off',
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'silent',
      DATABASE_URL: options.databaseUrl,
      REDIS_URL: options.redisUrl,
      ...options.settings,
    },
    () => undefined,
  );
  github.webhookTarget(`${running.url}/webhooks/github`, secret);
  const pool = openPool({ connectionString: running.connectionString }, { max: 2 });
  const author = github.addUser('dev');

  async function addRepository(fullName: string, files: Files = {}): Promise<DoubleRepository> {
    const wanted = Object.entries({ ...(await tinyFiles()), ...files });
    const there = wanted.filter((entry): entry is [string, string] => entry[1] !== null);
    const added = await github.createRepository(fullName, { files: Object.fromEntries(there) });
    github.setPermission(added, author.login, 'write');
    return added;
  }
  const repository = await addRepository('acme/ranker');

  /** Asks until `find` has an answer; what it throws counts as none. */
  async function waitFor<T>(
    what: string,
    timeoutMs: number,
    find: (note: (text: string) => void) => Promise<T | undefined>,
  ): Promise<T> {
    const giveUpMs = performance.now() + timeoutMs;
    let last = 'no run';
    while (performance.now() < giveUpMs) {
      try {
        const found = await find((text) => void (last = text));
        if (found !== undefined) return found;
      } catch (error) {
        // The database may be away for a moment: some tests see to that.
        last = error instanceof Error ? error.message : String(error);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${what} within ${timeoutMs} ms, found: ${last}`);
  }

  /** Whether GitHub shows all that the run wanted shown, or never will. */
  async function isTold(runId: string): Promise<boolean> {
    const { rowCount } = await pool.query(
      `select 1 from outbox o where o.run_id = $1 and o.state <> 'dead' and o.sent_version < o.desired_version`,
      [runId],
    );
    return rowCount === 0;
  }

  function concludedRun(
    what: string,
    find: () => Promise<Run | undefined>,
    { repository: place = repository, timeoutMs = PATIENCE_MS, headSha }: Wait & { headSha?: string },
  ): Promise<Concluded> {
    return waitFor(`expected ${what} to be concluded`, timeoutMs, async (note) => {
      const run = await find();
      if (run === undefined || (headSha ?? run.headSha) !== run.headSha) return undefined;
      const check = github.checkRuns(place, run.headSha).find(({ externalId }) => externalId === run.id);
      note(`run ${run.state}, check ${check?.status ?? 'none'}`);
      if (check?.status !== 'completed' || !TERMINAL_STATES.includes(run.state)) return undefined;
      if (!(await isTold(run.id))) return undefined;
      const comments = run.pullNumber === undefined ? [] : github.comments(place, run.pullNumber);
      return { run, result: (await resultOf(pool, run.id)).result, check, comments };
    });
  }

  return {
    github,
    running,
    pool,
    repository,
    author,
    folder,
    addRepository,
    async propose(branch, files, { repository: place = repository, draft = false } = {}) {
      await github.commit(place, branch, { files, from: 'main', message: branch, author: author.login });
      const { number } = await github.openPullRequest(place, {
        head: branch,
        base: 'main',
        title: branch,
        author: author.login,
        draft,
      });
      return number;
    },
    measuring: (number, { repository: place = repository, timeoutMs = PATIENCE_MS } = {}) =>
      waitFor(`expected #${number} to be measured`, timeoutMs, async (note) => {
        const run = await latestRunOfPull(pool, String(place.id), number);
        note(`run ${run?.state ?? 'none'} ${run?.phase ?? ''}`);
        return run?.state === 'leased' && run.phase === 'measuring' ? run : undefined;
      }),
    concluded: (number, options = {}) =>
      concludedRun(
        `#${number}`,
        () => latestRunOfPull(pool, String((options.repository ?? repository).id), number),
        options,
      ),
    concludedPush: (headSha, options = {}) =>
      concludedRun(
        `the push of ${headSha}`,
        async () => {
          const { rows } = await pool.query<{ id: string }>(
            `select r.id from runs r where r.repo_id = $1 and r.kind = 'push' and r.head_sha = $2`,
            [(options.repository ?? repository).id, headSha],
          );
          return rows[0] && runById(pool, rows[0].id);
        },
        options,
      ),
    ourComments: (number, place = repository) =>
      github.comments(place, number).filter(({ viaApp }) => viaApp),
    async stop() {
      await pool.end();
      await running.stop();
      await github.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
