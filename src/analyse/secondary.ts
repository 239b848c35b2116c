import { metricOf } from '../domain/metric.ts';
import type { CustomMetric, Metric, MetricName } from '../domain/metric.ts';
import type { Verdict, VerdictWord } from '../domain/verdict.ts';
import { benjaminiHochberg } from '../stats/multiple-tests.ts';
import { sharesPValue } from '../stats/shares.ts';
import { signedRankPValue } from '../stats/signed-rank.ts';
import { meanPValue } from '../stats/student-t.ts';
import { median } from '../stats/summary.ts';
import { hodgesLehmann } from '../stats/walsh.ts';
import { intervalAtLevel, SIGNED_RANK_FROM } from './interval.ts';
import type { LogInterval } from './interval.ts';
import { metricLimits } from './metric-limits.ts';
import { metricPairs } from './pairs.ts';
import type { MetricPairs, WorkingPair } from './pairs.ts';
import { METHODS } from './rule.ts';
import { smallestVisible } from './smallest-visible.ts';
import { customOf, typicalValues } from './verdict-parts.ts';
import { ANALYSIS_VERSION } from './version.ts';
import { realRange, yardstickOf } from './yardstick.ts';

/** Share of false calls among all calls of metrics that do not gate. */
export const FALSE_DISCOVERY_RATE = 0.05;

/** Smallest relative change of a metric that does not gate that is called; its own smallest effect where that is larger. */
export const SECONDARY_MIN_EFFECT = 0.02;

/** `unchanged` for a metric that does not gate: the whole interval lies within so many smallest effects, both ways. */
const TOLERATED_EFFECTS = 1.5;

/** Fewer usable pairs are shown, not judged. */
export const SECONDARY_MIN_PAIRS = 5;

const ALPHA = 0.05;

/** One metric with what was found of it. */
interface Finding {
  metric: Metric;
  figures: MetricPairs;
  /** Undefined when there are too few pairs to judge. */
  interval: LogInterval | undefined;
  minEffect: number;
}

/**
 * Judges the metrics that do not gate, once, at the number of pairs that the gating ones ended with. A change is
 * called when the Benjamini-Hochberg procedure over all these metrics of the scenario finds it and it is at least as large as
 * its smallest effect. Below eight pairs the p-value is Student's, since the exact signed-rank one cannot
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
  custom: readonly CustomMetric[] = [],
): Verdict[] {
  const findings = metrics.map((metric) => find(metricOf(metric, custom), kept, custom));
  const tested = findings.filter(({ interval }) => interval !== undefined);
  const found = benjaminiHochberg(
    tested.map(({ figures }) => pValue(figures)),
    FALSE_DISCOVERY_RATE,
  );
  const changed = new Set(tested.filter((_, i) => found[i]).map(({ metric }) => metric.name));
  return findings.map((finding) => ({
    scenario,
    metric: finding.metric.name,
    verdict: wordFor(finding, changed.has(finding.metric.name)),
    ...customOf(finding.metric.name, custom),
    ...figuresOf(finding),
    margin: 0,
    pairsDropped: droppedPairs + finding.figures.refused,
    analysisVersion: ANALYSIS_VERSION,
  }));
}

function find(metric: Metric, kept: readonly WorkingPair[], custom: readonly CustomMetric[]): Finding {
  const figures = metricPairs(kept, metric.name, custom);
  const judged = figures.changes.length >= SECONDARY_MIN_PAIRS;
  const own = metricLimits(metric, { typical: median(figures.base) ?? 0 }).minEffect;
  return {
    metric,
    figures,
    interval: judged ? intervalAtLevel(figures.changes, ALPHA, figures.blocks) : undefined,
    minEffect: metric.scale === 'ratio' ? Math.max(SECONDARY_MIN_EFFECT, own) : own,
  };
}

function wordFor({ metric, interval, minEffect }: Finding, found: boolean): VerdictWord {
  if (interval === undefined) return 'inconclusive';
  const yardstick = yardstickOf(metric);
  const size = Math.abs(yardstick.change(interval.estimate));
  if (found && size >= minEffect) return interval.estimate > 0 ? 'regressed' : 'improved';
  const tolerance = yardstick.worsening(TOLERATED_EFFECTS * minEffect);
  return interval.lo >= -tolerance && interval.hi <= tolerance ? 'unchanged' : 'inconclusive';
}

function figuresOf({
  metric,
  figures,
  interval,
  minEffect,
}: Finding): Omit<
  Verdict,
  'scenario' | 'metric' | 'verdict' | 'margin' | 'pairsDropped' | 'analysisVersion'
> {
  const yardstick = yardstickOf(metric);
  const centre = interval?.estimate ?? hodgesLehmann(figures.changes);
  return {
    ...(yardstick.effectIn === 'absolute' && { effectIn: 'absolute' as const }),
    ...(centre !== undefined && { effect: yardstick.change(centre) }),
    ...(interval !== undefined && {
      interval: { ...realRange(yardstick, interval), level: 1 - ALPHA, method: METHODS[interval.by] },
      smallestVisible: smallestVisible(interval, { margin: 0, minEffect }, yardstick),
    }),
    ...typicalValues([figures]),
    pairsUsed: figures.changes.length,
    pairsWorse: figures.changes.filter((change) => change > 0).length,
  };
}

/** Of shares both views must find it: requests by themselves, and pairs as blocks. */
function pValue({ changes, blocks }: MetricPairs): number {
  const byPairs = changes.length >= SIGNED_RANK_FROM ? signedRankPValue(changes) : (meanPValue(changes) ?? 1);
  return blocks.length === 0 ? byPairs : Math.max(byPairs, sharesPValue(blocks));
}
