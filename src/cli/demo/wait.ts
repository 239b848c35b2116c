import { setTimeout as sleep } from 'node:timers/promises';

import { type Run, TERMINAL_STATES } from '../../domain/run.ts';
import type { DoubleRepository, GitHubDouble } from '../../github-double/contract.ts';
import type { Pool } from '../../store/pool.ts';
import { latestRunOfPull, resultOf } from '../../store/runs.ts';

const POLL_MS = 300;

/** Where verdicts are looked for. */
export interface Watched {
  github: Pick<GitHubDouble, 'checkRuns'>;
  pool: Pool;
  repository: DoubleRepository;
}

/** How to wait. */
export interface Waiting {
  /** Learns, a few times a second, how far all pull requests are. */
  tell: (states: string) => void;
  /** Its reason is thrown. */
  signal: AbortSignal;
}

async function describeProgress({ pool, repository }: Watched, number: number): Promise<string> {
  const latest = await latestRunOfPull(pool, String(repository.id), number);
  if (latest === undefined) return 'delivered';
  const { run, progress } = await resultOf(pool, latest.id);
  if (run.state !== 'leased') return run.state;
  if (run.phase !== 'measuring' || progress.pairsDone === undefined) return run.phase ?? 'leased';
  const what = progress.stage === 'confirm' ? 'confirming' : 'measuring';
  return `${what} ${progress.scenario ?? ''}, pair ${progress.pairsDone + 1}`;
}

async function latestRun({ pool, repository }: Watched, number: number): Promise<Run | undefined> {
  return latestRunOfPull(pool, String(repository.id), number);
}

async function isConcluded(watched: Watched, number: number): Promise<boolean> {
  const run = await latestRun(watched, number);
  if (run === undefined) return false;
  const checks = watched.github.checkRuns(watched.repository, run.headSha);
  return checks.some((check) => check.status === 'completed');
}

async function hasEnded(watched: Watched, number: number): Promise<boolean> {
  const run = await latestRun(watched, number);
  return run !== undefined && TERMINAL_STATES.includes(run.state);
}

/** Until when a pull request is waited for: the verdict may be there before it is explained. */
export type Until = 'verdict' | 'end';

const IS_REACHED = { verdict: isConcluded, end: hasEnded } as const;

/** Waits until pull request `number` has its verdict, or its run has ended; all of `numbers` are told of meanwhile. */
export async function waitForPull(
  watched: Watched,
  numbers: readonly number[],
  { number, until }: { number: number; until: Until },
  { tell, signal }: Waiting,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (await IS_REACHED[until](watched, number)) return;
    const states = await Promise.all(
      numbers.map(async (each) => `#${each} ${await describeProgress(watched, each)}`),
    );
    tell(states.join('  ·  '));
    // An abort ends the pause, and is heard above.
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
