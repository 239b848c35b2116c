import type { MetricName } from '../domain/benchmark.ts';
import type { Verdict, VerdictWord } from '../domain/verdict.ts';
import { benjaminiHochberg } from '../stats/multiple-tests.ts';
import { signedRankPValue } from '../stats/signed-rank.ts';
import { meanPValue } from '../stats/student-t.ts';
import { median } from '../stats/summary.ts';
import { hodgesLehmann } from '../stats/walsh.ts';
import { intervalAtLevel, SIGNED_RANK_FROM } from './interval.ts';
import type { LogInterval } from './interval.ts';
import { metricPairs } from './pairs.ts';
import type { MetricPairs, WorkingPair } from './pairs.ts';
import { METHODS, toRelative } from './rule.ts';
import { smallestVisible } from './smallest-visible.ts';
import { ANALYSIS_VERSION } from './version.ts';

/** Share of false calls among all calls of metrics that do not gate. */
export const FALSE_DISCOVERY_RATE = 0.05;

/** Smallest change (relative) of a metric that does not gate that is called. */
export const SECONDARY_MIN_EFFECT = 0.02;

/** `unchanged` for a metric that does not gate: the whole interval lies within this, both ways (relative). */
export const SECONDARY_TOLERANCE = 0.03;

/** Fewer usable pairs are shown, not judged. */
export const SECONDARY_MIN_PAIRS = 5;

const ALPHA = 0.05;

/**
 * Judges the metrics that do not gate, once, at the number of pairs that the gating ones ended with. A change is
 * called when the Benjamini-Hochberg procedure over all these metrics of the scenario finds it and it is at least
 * {@link SECONDARY_MIN_EFFECT} large. Below eight pairs the p-value is Student's, since the exact signed-rank one cannot
 * fall below 0.03 there.
 *
 * @param kept all kept pairs of the scenario, both stages
 * @param droppedPairs pairs that were dropped, for the record
 */
export function judgeSecondary(
  scenario: string,
  kept: readonly WorkingPair[],
  metrics: readonly MetricName[],
  droppedPairs: number,
): Verdict[] {
  const findings = metrics.map((metric) => {
    const figures = metricPairs(kept, metric);
    const judged = figures.logRatios.length >= SECONDARY_MIN_PAIRS;
    return { metric, figures, interval: judged ? intervalAtLevel(figures.logRatios, ALPHA) : undefined };
  });
  const tested = findings.filter(({ interval }) => interval !== undefined);
  const found = benjaminiHochberg(
    tested.map(({ figures }) => pValue(figures.logRatios)),
    FALSE_DISCOVERY_RATE,
  );
  const changed = new Set(tested.filter((_, i) => found[i]).map(({ metric }) => metric));
  return findings.map(({ metric, figures, interval }) => ({
    scenario,
    metric,
    verdict: wordFor(interval, changed.has(metric)),
    ...figuresOf(figures, interval),
    margin: 0,
    pairsDropped: droppedPairs + figures.refused,
    analysisVersion: ANALYSIS_VERSION,
  }));
}

function wordFor(interval: LogInterval | undefined, found: boolean): VerdictWord {
  if (interval === undefined) return 'inconclusive';
  const effect = toRelative(interval.estimate);
  if (found && effect >= SECONDARY_MIN_EFFECT) return 'regressed';
  if (found && effect <= -SECONDARY_MIN_EFFECT) return 'improved';
  const tolerance = Math.log1p(SECONDARY_TOLERANCE);
  return interval.lo > -tolerance && interval.hi < tolerance ? 'unchanged' : 'inconclusive';
}

function figuresOf(
  figures: MetricPairs,
  interval: LogInterval | undefined,
): Omit<Verdict, 'scenario' | 'metric' | 'verdict' | 'margin' | 'pairsDropped' | 'analysisVersion'> {
  const centre = interval?.estimate ?? hodgesLehmann(figures.logRatios);
  const baseValue = median(figures.base);
  const headValue = median(figures.head);
  return {
    ...(centre !== undefined && { effect: toRelative(centre) }),
    ...(interval !== undefined && {
      interval: {
        lo: toRelative(interval.lo),
        hi: toRelative(interval.hi),
        level: 1 - ALPHA,
        method: METHODS[interval.by],
      },
      smallestVisible: smallestVisible(interval, { margin: 0, minEffect: SECONDARY_MIN_EFFECT }),
    }),
    ...(baseValue !== undefined && { baseValue }),
    ...(headValue !== undefined && { headValue }),
    pairsUsed: figures.logRatios.length,
    pairsWorse: figures.logRatios.filter((ratio) => ratio > 0).length,
  };
}

function pValue(logRatios: readonly number[]): number {
  if (logRatios.length >= SIGNED_RANK_FROM) return signedRankPValue(logRatios);
  return meanPValue(logRatios) ?? 1;
}
