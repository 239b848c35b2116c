import type { GateSpec } from '../domain/benchmark.ts';
import { PerfCiError } from '../domain/errors.ts';
import type { Pair } from '../domain/trial.ts';
import type { Verdict, VerdictWord } from '../domain/verdict.ts';
import { judgeCase } from './judge-case.ts';
import type { CaseOptions, CaseVerdict } from './judge-case.ts';
import { judgeScenario } from './judge.ts';
import { MAX_CASE_PAIRS, MAX_RECORDED_PAIRS } from './recorded-schema.ts';
import { parseRecordedLine } from './recorded.ts';

export interface JudgeLinesOptions {
  /** What gates in every scenario of recorded trials; default CPU time per request at 3 %. */
  gates?: readonly GateSpec[];
  /** Limits and level for bare cases. */
  cases?: Partial<CaseOptions>;
}

/** One line of output. Relative changes of head over base: 0.03 is +3 %. */
export interface JudgedLine {
  /** Of a bare case its name, of recorded trials `scenario/metric`. */
  case: string;
  verdict: VerdictWord;
  estimate?: number;
  lo?: number;
  hi?: number;
  pairs: number;
  /** What was missing for a verdict. */
  why?: string;
  /** Recorded trials only: everything that was found. */
  detail?: Verdict;
}

export const DEFAULT_GATES: readonly GateSpec[] = [{ metric: 'cpu_per_request', threshold: 0.03 }];

/**
 * Judges JSON lines: either bare cases, each answered as it is read, or recorded trials, answered when all are read, one
 * line for every scenario and metric. Empty lines are skipped. One input holds one form, told by its first line.
 *
 * @throws PerfCiError `recorded-line-invalid`, `recorded-forms-mixed`, `recorded-pair-repeated`, `recorded-too-many` or
 * `recorded-empty`; of recorded trials nothing is answered then
 */
export async function* judgeLines(
  lines: AsyncIterable<string> | Iterable<string>,
  options: JudgeLinesOptions = {},
): AsyncIterable<JudgedLine> {
  const scenarios = new Map<string, Map<number, Pair>>();
  let form: 'pair' | 'case' | undefined;
  let lineNo = 0;
  let pairCount = 0;
  for await (const line of lines) {
    lineNo++;
    if (line.trim() === '') continue;
    const parsed = parseRecordedLine(line, lineNo);
    form ??= parsed.form;
    if (parsed.form !== form) throw mixed(lineNo, form);
    if (parsed.form === 'case') yield judgeCase(parsed.bare, options.cases) satisfies CaseVerdict;
    else {
      if (++pairCount > MAX_RECORDED_PAIRS) throw tooMany(MAX_RECORDED_PAIRS, 'input');
      remember(scenarios, parsed.pair, lineNo);
    }
  }
  if (form === undefined) throw empty();
  const gates = options.gates ?? DEFAULT_GATES;
  // One input is one answer: all its gating metrics share the error rate.
  const family = gates.length * scenarios.size;
  for (const [scenario, pairs] of scenarios) {
    const verdicts = judgeScenario({ scenario, pairs: [...pairs.values()], gates, family });
    yield* verdicts.map(toLine);
  }
}

function remember(scenarios: Map<string, Map<number, Pair>>, pair: Pair, lineNo: number): void {
  const pairs = scenarios.get(pair.scenario) ?? new Map<number, Pair>();
  if (pairs.has(pair.pairNo)) {
    throw new PerfCiError(
      'recorded-pair-repeated',
      `line ${lineNo}: expected every pairNo of a scenario once, found ${pair.pairNo} again`,
      { remedy: 'Judge the recordings of different runs one by one.', blame: 'usage', details: { lineNo } },
    );
  }
  scenarios.set(pair.scenario, pairs.set(pair.pairNo, pair));
  if (pairs.size > MAX_CASE_PAIRS) throw tooMany(MAX_CASE_PAIRS, 'scenario');
}

function toLine(verdict: Verdict): JudgedLine {
  return {
    case: `${verdict.scenario}/${verdict.metric}`,
    verdict: verdict.verdict,
    ...(verdict.effect !== undefined && { estimate: verdict.effect }),
    ...(verdict.interval !== undefined && { lo: verdict.interval.lo, hi: verdict.interval.hi }),
    pairs: verdict.pairsUsed,
    detail: verdict,
  };
}

function mixed(lineNo: number, form: 'pair' | 'case'): PerfCiError {
  const [expected, found] =
    form === 'pair' ? ['a recorded pair', 'a bare case'] : ['a bare case', 'a recorded pair'];
  return new PerfCiError(
    'recorded-forms-mixed',
    `line ${lineNo}: expected ${expected} as on the lines before, found ${found}`,
    { remedy: 'Judge the two forms in two calls.', blame: 'usage', details: { lineNo } },
  );
}

function tooMany(limit: number, where: 'input' | 'scenario'): PerfCiError {
  return new PerfCiError('recorded-too-many', `expected at most ${limit} pairs in one ${where}, found more`, {
    remedy: 'Judge the recordings of different runs one by one.',
    blame: 'usage',
  });
}

function empty(): PerfCiError {
  return new PerfCiError('recorded-empty', 'expected at least one JSON line, found none', {
    remedy: 'Pass recorded trials or bare cases on standard input, one JSON object a line.',
    blame: 'usage',
  });
}
