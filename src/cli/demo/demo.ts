import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PerfCiError } from '../../domain/errors.ts';
import { EXIT } from '../exit-code.ts';
import { createProgress } from '../progress.ts';
import { parseSeed } from '../seed.ts';
import { perform, type Performed } from './perform.ts';
import { createPhases } from './phases.ts';

/** On two quiet CPUs it takes two to four minutes; what is not done by now will not be. */
const DEADLINE_MS = 10 * 60_000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function timedOut(deadlineMs: number, waitingFor: string): PerfCiError {
  const limit = `${deadlineMs / 60_000} minutes`;
  return new PerfCiError(
    'demo-timed-out',
    `expected both verdicts within ${limit}; still waiting for ${waitingFor}`,
    { remedy: 'perf-ci doctor says what this machine lacks; LOG_LEVEL=info shows what the processes do' },
  );
}

function describeEnd({ mistakes }: Performed): string {
  return mistakes.length === 0
    ? '\ndemo passed: the neutral change passed, the slower one was called slower'
    : ['\ndemo failed:', ...mistakes].join('\n  ');
}

/**
 * `perf-ci demo`. The last line printed says how long each phase took.
 * @returns 0 when the neutral change passed and the slower one was called slower by 3 to 7 %, else 1
 * @throws PerfCiError `bad-seed`, `demo-timed-out`, `interrupted`, or why something could not be started
 */
export async function runDemo(
  options: { keep?: boolean; seed?: string },
  deadlineMs = DEADLINE_MS,
): Promise<number> {
  const seed = parseSeed(options.seed);
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-demo-'));
  const progress = createProgress(process.stdout);
  const phases = createPhases();
  const abort = new AbortController();
  const { signal } = abort;
  const interrupted = new PerfCiError('interrupted', 'interrupted before both verdicts');
  const interrupt = (): void => abort.abort(interrupted);
  for (const name of SIGNALS) process.on(name, interrupt);
  let waitingFor = 'everything';
  const deadline = setTimeout(() => abort.abort(timedOut(deadlineMs, waitingFor)), deadlineMs);
  const closers = [() => rm(folder, { recursive: true, force: true })];
  try {
    const performed = await perform({
      folder,
      ...(seed === undefined ? {} : { seed }),
      progress,
      phases,
      waitFor: (what) => {
        waitingFor = what;
      },
      signal,
      abort: (reason) => abort.abort(reason),
      closers,
    });
    clearTimeout(deadline);
    progress.say(describeEnd(performed));
    if (options.keep) {
      const { perfCi, github } = performed.urls;
      progress.say(phases.summary());
      progress.say(`\nleft running: perf-ci on ${perfCi}, GitHub double on ${github}; Ctrl-C ends both`);
      phases.begin('kept');
      await abortOf(signal);
      if (signal.reason !== interrupted) throw signal.reason;
    }
    return performed.mistakes.length === 0 ? EXIT.pass : EXIT.regression;
  } catch (error) {
    // What an abort broke says less than why there was one.
    throw signal.aborted ? signal.reason : error;
  } finally {
    clearTimeout(deadline);
    progress.end();
    phases.begin('stop');
    for (const close of closers.toReversed()) await close().catch(() => undefined);
    for (const name of SIGNALS) process.off(name, interrupt);
    progress.say(phases.summary());
  }
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
