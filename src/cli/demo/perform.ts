import { join } from 'node:path';

import { PerfCiError } from '../../domain/errors.ts';
import type { GitHubDouble } from '../../github-double/contract.ts';
import { startGitHubDouble } from '../../github-double/start.ts';
import { openPool, type Pool } from '../../store/pool.ts';
import { latestRunOfPull, resultOf } from '../../store/runs.ts';
import { wantsColor } from '../color.ts';
import type { Progress } from '../progress.ts';
import { findMistake } from './expected.ts';
import { startPerfCi } from './perf-ci-at-double.ts';
import type { Phases } from './phases.ts';
import { CHANGES, type DemoRepository, makeDemoRepository, REPOSITORY } from './repository.ts';
import { renderForTerminal } from './terminal-markdown.ts';
import { type Until, waitForPull } from './wait.ts';

/** What a performance needs of the one who calls for it. */
export interface Stage {
  /** Empty; the caller removes it. */
  folder: string;
  /** Of the double; a random one when left out. */
  seed?: number;
  progress: Progress;
  phases: Phases;
  /** Told of each thing that is waited for, for whoever gives up. */
  waitFor(what: string): void;
  signal: AbortSignal;
  /** Ends the performance with this reason. */
  abort(reason: PerfCiError): void;
  /** What has to be closed afterwards, last one first. */
  closers: (() => Promise<void>)[];
}

/** What was left standing. */
export interface Performed {
  /** What did not end as it should; empty: all did. */
  mistakes: string[];
  /** Where perf-ci and the double listen. */
  urls: { perfCi: string; github: string };
}

interface Scene {
  github: GitHubDouble;
  pool: Pool;
  url: string;
  repository: DemoRepository['repository'];
  propose: DemoRepository['propose'];
}

interface Proposed {
  change: (typeof CHANGES)[number];
  number: number;
}

/**
 * The demo from an empty folder to both comments on the terminal. It ends soon, by some error, when the stage's signal
 * is aborted.
 */
export async function perform(stage: Stage): Promise<Performed> {
  stage.phases.begin('start');
  const scene = await setUp(stage);
  stage.phases.begin('push and open');
  const proposed = await proposeChanges(stage, scene);
  const mistakes: string[] = [];
  const numbers = proposed.map(({ number }) => number);
  const waitFor = (until: Until, number: number): Promise<void> =>
    waitForPull(
      scene,
      numbers,
      { number, until },
      {
        tell(states) {
          stage.waitFor(`the ${until} of #${number} (${states})`);
          stage.progress.update(states);
        },
        signal: stage.signal,
      },
    );
  for (const at of proposed) {
    stage.phases.begin(`#${at.number} to its verdict`);
    await waitFor('verdict', at.number);
    stage.phases.begin(`#${at.number} to its explanation`);
    await waitFor('end', at.number);
    mistakes.push(...(await showVerdict(stage, scene, at)));
  }
  return { mistakes, urls: { perfCi: scene.url, github: scene.github.url } };
}

/** The double, perf-ci, and a repository to change. */
async function setUp({ folder, seed, progress, signal, closers, ...stage }: Stage): Promise<Scene> {
  const say = (line: string): void => progress.say(line);
  stage.waitFor('the GitHub double');
  const github = await startGitHubDouble({
    folder: join(folder, 'github'),
    ...(seed === undefined ? {} : { seed }),
  });
  closers.push(() => github.stop());
  say(`GitHub double on ${github.url} (seed ${github.seed})`);

  stage.waitFor('perf-ci to listen');
  const running = await startPerfCi(github, folder, say, signal);
  closers.push(() => running.stop());
  void running.misconfigured.then((name) => stage.abort(misconfigured(name)));
  const pool = openPool({ connectionString: running.connectionString }, { max: 2 });
  closers.push(() => pool.end());

  stage.waitFor('the first push');
  const { repository, propose } = await makeDemoRepository(github, join(folder, 'clone'), signal);
  return { github, pool, url: running.url, repository, propose };
}

function misconfigured(name: string): PerfCiError {
  const message = `${name} found its settings wrong; its own message is above`;
  return new PerfCiError('settings-invalid', message, { blame: 'usage' });
}

async function proposeChanges(stage: Stage, { propose }: Scene): Promise<Proposed[]> {
  const proposed: Proposed[] = [];
  for (const change of CHANGES) {
    stage.signal.throwIfAborted();
    stage.waitFor(`the push of ${change.branch}`);
    const { number } = await propose(change);
    proposed.push({ change, number });
    stage.progress.say(`#${number} opened by push to ${REPOSITORY}: ${change.title} (${change.about})`);
  }
  return proposed;
}

/** Prints the comments as a person would see them. @returns what is not as it should be */
async function showVerdict(
  { progress }: Stage,
  { github, pool, repository }: Scene,
  { change, number }: Proposed,
): Promise<string[]> {
  const run = await latestRunOfPull(pool, String(repository.id), number);
  const { result } = await resultOf(pool, run?.id ?? '');
  const check = github.checkRuns(repository, run?.headSha)[0];
  const comments = github.comments(repository, number);
  const title = `#${number} ${change.title}`;
  progress.say(`\n─── ${title} ${'─'.repeat(Math.max(0, 64 - title.length))}\n`);
  for (const { body } of comments) progress.say(renderForTerminal(body, wantsColor(process.stdout)));
  const checkUrl = `${github.url}/repos/${REPOSITORY}/check-runs/${check?.id}`;
  progress.say(`\ncheck run: ${checkUrl} → ${check?.conclusion}`);

  const mistake = findMistake(change, check?.conclusion ?? null, result);
  return [
    ...(mistake === undefined ? [] : [`#${number}: ${mistake}`]),
    ...(comments.length === 1 ? [] : [`#${number}: expected one comment, found ${comments.length}`]),
  ];
}
