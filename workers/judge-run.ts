import { judgeScenario } from '../src/analyse/judge.ts';
import { decideGate } from '../src/analyse/policy.ts';
import { metricPairs, siftPairs } from '../src/analyse/pairs.ts';
import type { ProjectConfig } from '../src/domain/benchmark.ts';
import type { RunResult } from '../src/domain/run.ts';
import {
  type AnswerComparison,
  type Pair,
  type Side,
  SIDES,
  type TrialFailure,
} from '../src/domain/trial.ts';
import type { Verdict } from '../src/domain/verdict.ts';
import { standardDeviation } from '../src/stats/summary.ts';
import { type Measured, surroundingsOf } from './measure-scenarios.ts';

export interface RunFacts {
  baseSha: string;
  headSha: string;
  commitsBehind?: number;
  seed: number;
  configChanges?: string[];
  /** What was found before the first pair: left out of the trees, a busy machine. */
  notesBefore: string[];
  hostUnfit?: true;
}

const STEAL_WORTH_A_NOTE = 0.01;
/** Standard deviation of the pairs' log-ratios that makes a host noisy, from this many pairs on. */
const NOISY_SD = 0.02;
const NOISY_FROM_PAIRS = 8;
/** Kinds of notes of trials that a scenario may have in a result. */
const TRIAL_NOTES_SHOWN = 6;

function failureOf(pair: Pair, side: Side): TrialFailure | undefined {
  const outcome = pair[side];
  return outcome.state === 'failed' && outcome.failure.kind !== 'aborted' ? outcome.failure : undefined;
}

function hasFailed(pair: Pair): boolean {
  return pair.base.state === 'failed' || pair.head.state === 'failed';
}

/**
 * The failure that ended the measuring, if one did. When both sides failed in the same pair it is the base's:
 * what was broken before is not the pull request's fault.
 */
function findFailure(measured: Measured): Extract<RunResult, { kind: 'failed' }> | undefined {
  for (const [scenario, end] of measured.ends) {
    const pairs = measured.pairs.get(scenario) ?? [];
    // Slow failures can use up the budget before the second one: then all there is has failed.
    const isFailed = end.why === 'failures' || (pairs.length > 0 && pairs.every(hasFailed));
    if (!isFailed) continue;
    const failed = pairs.toReversed();
    for (const side of end.failedSide === undefined ? SIDES : [end.failedSide]) {
      const failure = failed.map((pair) => failureOf(pair, side)).find((found) => found !== undefined);
      if (failure === undefined) continue;
      return {
        kind: 'failed',
        blame: side,
        phase: 'measuring',
        code: `service-${failure.kind}`,
        message: failure.message,
        scenario,
        ...(failure.outputTail === '' ? {} : { logTail: failure.outputTail }),
      };
    }
  }
  return undefined;
}

/** The same sample is compared in every pair: the worst pair speaks for the scenario. */
function worstAnswers(pairs: readonly Pair[]): AnswerComparison {
  const compared = pairs.map((pair) => pair.answers).filter((answers) => answers.compared > 0);
  const [first = { compared: 0, different: 0 }, ...others] = compared;
  return others.reduce((worst, next) => (isWorse(next, worst) ? next : worst), first);
}

function isWorse(one: AnswerComparison, other: AnswerComparison): boolean {
  if (one.different !== other.different) return one.different > other.different;
  return (one.ranking?.overlap ?? 1) < (other.ranking?.overlap ?? 1);
}

/** What speaks against the machine and was not said yet: the look at it before the first pair has its own notes. */
function flagNotes({ hostFlags }: Measured, { notesBefore }: RunFacts): string[] {
  return hostFlags.filter((flag) => !notesBefore.some((note) => note.includes(flag)));
}

/** Of a scenario; the numbers in notes differ from pair to pair, so what differs by them alone is said once. */
function trialNotes(scenario: string, pairs: readonly Pair[]): string[] {
  const noted = pairs.flatMap((pair) =>
    SIDES.flatMap((side) => {
      const outcome = pair[side];
      const notes = outcome.state === 'ok' ? (outcome.trial.notes ?? []) : [];
      return notes.map((note) => ({ note, side, pairNo: pair.pairNo }));
    }),
  );
  const alike = Map.groupBy(noted, ({ note }) => note.replaceAll(/\d+(?:\.\d+)?/g, '#'));
  return [...alike.values()].slice(0, TRIAL_NOTES_SHOWN).map((same) => {
    const count = new Set(same.map(({ pairNo }) => pairNo)).size;
    const sides = new Set(same.map(({ side }) => side));
    const where = [
      ...(sides.size === 1 ? [`${[...sides].join()} only`] : []),
      ...(count < pairs.length ? [`${count} of ${pairs.length} pairs`] : []),
    ];
    return `${scenario}: ${same[0]?.note ?? ''}${where.length === 0 ? '' : ` (${where.join(', ')})`}`;
  });
}

function notesOf(measured: Measured): string[] {
  const notes: string[] = [];
  for (const [scenario, pairs] of measured.pairs) {
    // Parted as the judging parts them: confirming pairs are compared with the level of the exploring ones.
    const explore = siftPairs(pairs.filter(({ stage }) => stage === 'explore'));
    const confirm = siftPairs(
      pairs.filter(({ stage }) => stage === 'confirm'),
      explore.kept,
    );
    const dropped = [...explore.dropped, ...confirm.dropped];
    const { changes: logRatios } = metricPairs([...explore.kept, ...confirm.kept], 'cpu_per_request');
    const sd = standardDeviation(logRatios) ?? 0;
    if (logRatios.length >= NOISY_FROM_PAIRS && sd > NOISY_SD) {
      notes.push(
        `${scenario}: a noisy host, CPU per request of pairs differs by ${(sd * 100).toFixed(1)} % (standard deviation)`,
      );
    }
    if (dropped.length > 0)
      notes.push(`${scenario}: ${dropped.length} of ${pairs.length} pairs left out (disturbed or failed)`);
    if (explore.unsteady || confirm.unsteady)
      notes.push(`${scenario}: a noisy host, more than a quarter of the pairs was left out`);
    const steal = Math.max(0, ...pairs.map((pair) => pair.stealShare ?? 0));
    if (steal > STEAL_WORTH_A_NOTE)
      notes.push(`${scenario}: up to ${(steal * 100).toFixed(1)} % of CPU time stolen by other guests`);
    notes.push(...trialNotes(scenario, pairs));
  }
  return notes;
}

/** What all pairs of a run mean. Pure: the same pairs give the same result. */
export function judgeRun(config: ProjectConfig, measured: Measured, facts: RunFacts): RunResult {
  const failure = findFailure(measured);
  if (failure !== undefined) return failure;
  const family = config.scenarios.reduce((sum, scenario) => sum + scenario.gates.length, 0);
  const verdicts: Verdict[] = config.scenarios.flatMap((scenario) =>
    judgeScenario({
      scenario: scenario.name,
      pairs: measured.pairs.get(scenario.name) ?? [],
      gates: scenario.gates,
      family,
      ...surroundingsOf(scenario, measured),
    }),
  );
  return {
    kind: 'judged',
    gate: decideGate(verdicts).gate,
    verdicts,
    answers: [...measured.pairs].map(([scenario, pairs]) => ({ scenario, comparison: worstAnswers(pairs) })),
    notes: [...facts.notesBefore, ...flagNotes(measured, facts), ...notesOf(measured)],
    ...(measured.hostFlags.length === 0 ? {} : { hostFlags: measured.hostFlags }),
    ...(measured.controls.length === 0 ? {} : { controls: [...measured.controls] }),
    ...(facts.hostUnfit === undefined ? {} : { hostUnfit: facts.hostUnfit }),
    environment: measured.environment,
    baseSha: facts.baseSha,
    headSha: facts.headSha,
    pairsTotal: [...measured.pairs.values()].reduce((sum, pairs) => sum + pairs.length, 0),
    seed: facts.seed,
    ...(facts.commitsBehind === undefined ? {} : { commitsBehind: facts.commitsBehind }),
    ...(facts.configChanges === undefined || facts.configChanges.length === 0
      ? {}
      : { configChanges: facts.configChanges }),
  };
}
