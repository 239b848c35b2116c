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
import { latestRunOfPull, resultOf } from '../../src/store/runs.ts';

type Check = ReturnType<GitHubDouble['checkRuns']>[number];
type Comment = ReturnType<GitHubDouble['comments']>[number];

export interface Concluded {
  run: Run;
  result: RunResult | undefined;
  check: Check;
  comments: Comment[];
}

/** perf-ci as a user has it (real processes, real Postgres, real queue), before a GitHub double. */
export interface Loop {
  github: GitHubDouble;
  running: Running;
  pool: Pool;
  repository: DoubleRepository;
  author: DoubleUser;
  folder: string;
  /** Commits `files` on a new branch from main and opens a pull request. */
  propose(branch: string, files: Record<string, string | null>, title?: string): Promise<number>;
  /** Waits until the newest run of the pull request (of `headSha`, if given) has ended and its check is concluded. */
  concluded(number: number, options?: { headSha?: string; timeoutMs?: number }): Promise<Concluded>;
  stop(): Promise<void>;
}

/** A configuration whose pairs take a fraction of a second. */
export const TINY_CONFIG = `version: 1
service:
  start: [node, start.mjs]
  ready: { path: /healthz, timeout: 3s }
paths: { ignore: ['**/*.md'] }
answers: { ignore_keys: [at], sample: 4 }
scenarios:
  - name: tiny
    requests:
      - { method: GET, path: /a }
      - { method: GET, path: /b }
    load: { warm_up: 100ms, warm_up_requests: 20, connections: 2, measured: 150ms, request_timeout: 1s }
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
  const github = await startGitHubDouble({ folder: join(folder, 'github'), seed: options.seed ?? 1 });
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
  const repository = await github.createRepository('acme/ranker', { files: await tinyFiles() });
  github.setPermission(repository, author.login, 'write');

  return {
    github,
    running,
    pool,
    repository,
    author,
    folder,
    async propose(branch, files, title = branch) {
      await github.commit(repository, branch, { files, from: 'main', message: title, author: author.login });
      const { number } = await github.openPullRequest(repository, {
        head: branch,
        base: 'main',
        title,
        author: author.login,
      });
      return number;
    },
    async concluded(number, { headSha, timeoutMs = 60_000 } = {}) {
      const giveUpMs = performance.now() + timeoutMs;
      let last = 'no run';
      while (performance.now() < giveUpMs) {
        try {
          const run = await latestRunOfPull(pool, String(repository.id), number);
          const check =
            run && github.checkRuns(repository, run.headSha).find(({ externalId }) => externalId === run.id);
          last = `run ${run?.state ?? 'none'}, check ${check?.status ?? 'none'}`;
          const comments = github.comments(repository, number);
          const isWanted = headSha === undefined || run?.headSha === headSha;
          if (run && isWanted && check?.status === 'completed' && TERMINAL_STATES.includes(run.state)) {
            const { result } = await resultOf(pool, run.id);
            return { run, result, check, comments };
          }
        } catch (error) {
          // The database may be away for a moment: some tests see to that.
          last = error instanceof Error ? error.message : String(error);
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`#${number} was not concluded within ${timeoutMs} ms: ${last}`);
    },
    async stop() {
      await pool.end();
      await running.stop();
      await github.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
