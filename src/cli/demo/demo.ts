import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { GitHubDouble } from '../../github-double/contract.ts';
import { startGitHubDouble } from '../../github-double/start.ts';
import type { RunResult } from '../../domain/run.ts';
import { openPool, type Pool } from '../../store/pool.ts';
import { latestRunOfPull, resultOf } from '../../store/runs.ts';
import { createProgress, type Progress } from '../progress.ts';
import { type Running, startAll } from '../up.ts';
import { CHANGES, type DemoRepository, makeDemoRepository, REPOSITORY } from './repository.ts';
import { renderForTerminal } from './terminal-markdown.ts';

/** The slow change must be found within this range, relative. */
const EXPECTED = { lo: 0.03, hi: 0.07 };
const POLL_MS = 300;

interface Proposed {
  change: (typeof CHANGES)[number];
  number: number;
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

/** perf-ci as in production, pointed at the double and at a folder of its own. */
async function startPerfCi(
  github: GitHubDouble,
  folder: string,
  say: (line: string) => void,
): Promise<Running> {
  const secret = randomBytes(24).toString('hex');
  const keyFile = join(folder, 'app.pem');
  await writeFile(keyFile, github.app.privateKeyPem, { mode: 0o600 });
  const port = await freePort();
  const running = await startAll(
    {
      PATH: process.env['PATH'],
      HOME: folder,
      HOST: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      GITHUB_API_URL: github.url,
      GITHUB_APP_ID: String(github.app.id),
      GITHUB_PRIVATE_KEY_FILE: keyFile,
      GITHUB_WEBHOOK_SECRET: secret,
      PERF_CI_DATA_DIR: join(folder, 'data'),
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'error',
      ...(process.env['DATABASE_URL'] === undefined ? {} : { DATABASE_URL: process.env['DATABASE_URL'] }),
      ...(process.env['REDIS_URL'] === undefined ? {} : { REDIS_URL: process.env['REDIS_URL'] }),
    },
    say,
  );
  github.webhookTarget(`${running.url}/webhooks/github`, secret);
  return running;
}

async function describeProgress(pool: Pool, repoId: number, number: number): Promise<string> {
  const latest = await latestRunOfPull(pool, String(repoId), number);
  if (latest === undefined) return 'delivered';
  const { run, progress } = await resultOf(pool, latest.id);
  if (run.state !== 'leased') return run.state;
  if (run.phase !== 'measuring' || progress.pairsDone === undefined) return run.phase ?? 'leased';
  const what = progress.stage === 'confirm' ? 'confirming' : 'measuring';
  return `${what} ${progress.scenario ?? ''}, pair ${progress.pairsDone + 1}`;
}

/** Waits until the check of a pull request is concluded and its comment shows the verdict. */
async function waitForVerdict(
  demo: { github: GitHubDouble; pool: Pool; repository: DemoRepository['repository'] },
  proposed: readonly Proposed[],
  at: Proposed,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const run = await latestRunOfPull(demo.pool, String(demo.repository.id), at.number);
    if (run !== undefined && ['done', 'failed', 'timed_out', 'cancelled', 'lost'].includes(run.state)) {
      const checks = demo.github.checkRuns(demo.repository, run.headSha);
      if (checks.some((check) => check.status === 'completed')) return;
    }
    const states = await Promise.all(
      proposed.map(
        async ({ number }) => `#${number} ${await describeProgress(demo.pool, demo.repository.id, number)}`,
      ),
    );
    progress.update(states.join('  ·  '));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function judge(
  change: (typeof CHANGES)[number],
  conclusion: string | null,
  result: RunResult | undefined,
): string | undefined {
  if (result?.kind !== 'judged') return `expected a verdict, found ${result?.kind ?? 'none'}`;
  if (change.branch === CHANGES[0].branch) {
    return conclusion === 'success' ? undefined : `expected the neutral change to pass, found ${conclusion}`;
  }
  const verdict = result.verdicts.find((candidate) => candidate.metric === 'cpu_per_request');
  const effect = verdict?.effect ?? NaN;
  if (conclusion !== 'failure' || verdict?.verdict !== 'regressed') {
    return `expected the slower change to be called slower, found ${verdict?.verdict} and ${conclusion}`;
  }
  const isInRange = effect >= EXPECTED.lo && effect <= EXPECTED.hi;
  return isInRange ? undefined : `expected 3 to 7 % slower, found ${(effect * 100).toFixed(1)} %`;
}

/** `perf-ci demo`. @returns 0 when the neutral change passed and the slower one was called slower by 3 to 7 % */
export async function runDemo(options: { keep?: boolean; seed?: string }): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-demo-'));
  const progress = createProgress(process.stdout);
  const say = (line: string): void => progress.say(line);
  const abort = new AbortController();
  const stopAsked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        abort.abort(new Error('interrupted'));
        resolve();
      });
    }
  });
  const phases: [string, number][] = [];
  let phaseStartedMs = performance.now();
  const endPhase = (name: string): void => {
    phases.push([name, performance.now() - phaseStartedMs]);
    phaseStartedMs = performance.now();
  };
  const closers: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const failures: string[] = [];
  try {
    const seed = options.seed === undefined ? {} : { seed: Number(options.seed) };
    const github = await startGitHubDouble({ folder: join(folder, 'github'), ...seed });
    closers.unshift(() => github.stop());
    say(`GitHub double on ${github.url} (seed ${github.seed})`);
    const running = await startPerfCi(github, folder, say);
    closers.unshift(() => running.stop());
    const pool = openPool({ connectionString: running.connectionString }, { max: 2 });
    closers.unshift(() => pool.end());
    endPhase('start');

    const { repository, propose } = await makeDemoRepository(github, join(folder, 'clone'));
    const proposed: Proposed[] = [];
    for (const change of CHANGES) {
      const { number } = await propose(change);
      proposed.push({ change, number });
      say(`#${number} opened by push to ${REPOSITORY}: ${change.title} (${change.about})`);
    }
    endPhase('push and open');

    for (const at of proposed) {
      await waitForVerdict({ github, pool, repository }, proposed, at, progress, abort.signal);
      endPhase(`#${at.number}`);
      const run = await latestRunOfPull(pool, String(repository.id), at.number);
      const { result } = await resultOf(pool, run?.id ?? '');
      const check = github.checkRuns(repository, run?.headSha)[0];
      const comments = github.comments(repository, at.number);
      say(`\n─── #${at.number} ${at.change.title} ${'─'.repeat(Math.max(0, 60 - at.change.title.length))}\n`);
      for (const comment of comments) say(renderForTerminal(comment.body, process.stdout.isTTY));
      say(`\ncheck run: ${github.url}/repos/${REPOSITORY}/check-runs/${check?.id} → ${check?.conclusion}`);
      const failure = judge(at.change, check?.conclusion ?? null, result);
      if (failure !== undefined) failures.push(`#${at.number}: ${failure}`);
      if (comments.length !== 1)
        failures.push(`#${at.number}: expected one comment, found ${comments.length}`);
    }

    say(`\n${phases.map(([name, ms]) => `${name} ${(ms / 1000).toFixed(1)} s`).join(' · ')}`);
    say(
      failures.length === 0
        ? 'demo passed: the neutral change passed, the slower one was called slower'
        : 'demo failed:',
    );
    for (const failure of failures) say(`  ${failure}`);
    if (options.keep) {
      say(`\nleft running: perf-ci on ${running.url}, GitHub double on ${github.url}; Ctrl-C ends both`);
      await stopAsked;
    }
    return failures.length === 0 ? 0 : 1;
  } finally {
    progress.end();
    for (const close of closers) await close().catch(() => undefined);
  }
}
