import { createInterface } from 'node:readline';

import { DEFAULT_GATES, judgeLines } from '../analyse/judge-lines.ts';
import type { GateSpec } from '../domain/benchmark.ts';
import { clip, PerfCiError } from '../domain/errors.ts';
import { isMetricName, metricOf } from '../domain/metric.ts';
import { EXIT } from './exit-code.ts';

/**
 * `perf-ci judge`: JSON lines in, JSON lines out.
 * @returns 1 when anything regressed, 2 when nothing was decided
 * @throws PerfCiError `bad-threshold` or `bad-gate`, and those of judgeLines
 */
export async function runJudge(options: { threshold: string; gate?: string[] }): Promise<number> {
  const percent = Number(options.threshold);
  if (!(percent >= 0.1 && percent <= 100)) {
    throw new PerfCiError(
      'bad-threshold',
      `--threshold: percent between 0.1 and 100 expected, found ${clip(options.threshold, 40)}`,
      { blame: 'usage' },
    );
  }
  const threshold = percent / 100;
  const gates = gatesFrom(options.gate) ?? DEFAULT_GATES.map((gate) => ({ ...gate, threshold }));
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  const words = new Set<string>();
  for await (const judged of judgeLines(lines, { gates, cases: { tolerance: threshold } })) {
    process.stdout.write(`${JSON.stringify(judged)}\n`);
    // Of recorded trials only gating verdicts decide; bare cases all do.
    if (judged.detail === undefined || judged.detail.threshold !== undefined) words.add(judged.verdict);
  }
  if (words.has('regressed')) return EXIT.regression;
  return words.has('inconclusive') ? EXIT.noVerdict : EXIT.pass;
}

/** `metric=3`: percent of ratios, percentage points of shares, else the metric's own unit. */
function gatesFrom(asked: readonly string[] | undefined): GateSpec[] | undefined {
  if (asked === undefined || asked.length === 0) return undefined;
  const gates = asked.map((text): GateSpec => {
    const [, metric, amount] = /^([^=]{1,80})=(\d{1,12}(?:\.\d{1,9})?)$/.exec(text) ?? [];
    if (metric === undefined || !isMetricName(metric) || !(Number(amount) > 0)) throw badGate(text);
    const isShare = metricOf(metric).scale !== 'difference';
    return { metric, threshold: isShare ? Number(amount) / 100 : Number(amount) };
  });
  if (new Set(gates.map(({ metric }) => metric)).size < gates.length) throw badGate(asked.join(' '));
  return gates;
}

function badGate(found: string): PerfCiError {
  return new PerfCiError(
    'bad-gate',
    `--gate: a metric and a number above 0, each metric once, such as throughput=3, expected, found ${clip(found, 80)}`,
    { blame: 'usage', remedy: 'docs/statistics.md lists the metrics and their units.' },
  );
}
