import { setTimeout as sleep } from 'node:timers/promises';

import { TERMINAL_STATES } from '../../domain/run.ts';
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

async function isConcluded({ github, pool, repository }: Watched, number: number): Promise<boolean> {
  const run = await latestRunOfPull(pool, String(repository.id), number);
  if (run === undefined || !TERMINAL_STATES.includes(run.state)) return false;
  return github.checkRuns(repository, run.headSha).some((check) => check.status === 'completed');
}

/** Waits until pull request `number` has its verdict and a concluded check; all of `numbers` are told of meanwhile. */
export async function waitForVerdict(
  watched: Watched,
  numbers: readonly number[],
  number: number,
  { tell, signal }: Waiting,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (await isConcluded(watched, number)) return;
    const states = await Promise.all(
      numbers.map(async (each) => `#${each} ${await describeProgress(watched, each)}`),
    );
    tell(states.join('  ·  '));
    // An abort ends the pause, and is heard above.
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
