import type { ControlOutcome, ControlStanding, Plant } from '../domain/control.ts';
import { limitMsOf, metricOf } from '../domain/metric.ts';
import type { MetricName } from '../domain/metric.ts';
import type { Verdict } from '../domain/verdict.ts';
import { mean, median, quantile, standardDeviation } from '../stats/summary.ts';
import { metricLimits } from './metric-limits.ts';

/** What one control run found for one metric of one scenario. */
export interface ScenarioOutcome extends ControlOutcome {
  scenario: string;
}

/** Fewer same-code jobs give no noise band. */
export const FEWEST_FOR_BAND = 5;
/** The block looks at so many same-code jobs, and at no fewer. */
export const BLOCK_JOBS = 20;
/** Standard errors that the mean of same-code jobs may be away from none. */
const BIAS_ERRORS = 2.6;
/** A bias matters from this share of the margin on (of the noise band, where that is wider): 0.2 % for CPU time. */
const RELEVANT_SHARE = 0.4;
/** From this share on it blocks, however sure: 0.3 % for CPU time. */
const OUTRIGHT_SHARE = 0.6;
/** Confirmed alarms on the same code among {@link BLOCK_JOBS} jobs that block. The rule promises 1 in 200. */
const FALSE_ALARMS = 2;
/** The same before confirmation, of which 1 in 20 is promised. */
const SUSPICIONS = 6;

/**
 * Whether a plant is to be seen in a metric, so that its verdict tells whether the plant was found. Only where the size of
 * the effect follows from the plant: 3 % more CPU is 3 % more CPU a request, but not 3 % more latency.
 */
export function plantShowsIn(plant: Plant, metric: MetricName): boolean {
  switch (plant.kind) {
    case 'none':
      return false;
    case 'cpu':
      return metric === 'cpu_per_request' || metric === 'cpu_user_per_request' || metric === 'cpu_time';
    case 'stall':
      return stallShowsIn(plant, metric);
    case 'leak':
      return metric === 'memory_growth';
    case 'slow-start':
      return metric === 'startup';
  }
}

function stallShowsIn(plant: Extract<Plant, { kind: 'stall' }>, metric: MetricName): boolean {
  const limitMs = limitMsOf(metric);
  if (limitMs !== undefined) return limitMs <= plant.delayMs;
  const digits = /^(?:open_)?latency_(p\d+)$/.exec(metric)?.[1] ?? '';
  const above = { p50: 0.5, p90: 0.1, p95: 0.05, p99: 0.01, p999: 0.001 }[digits];
  // Twice the share that lies above the percentile: at just that share it is a toss-up.
  return above !== undefined && plant.share >= 2 * above;
}

/**
 * The outcomes of a control run: of its gating metrics when nothing was planted, else of those in which the plant is to be
 * seen, gating or not.
 *
 * Control runs are judged without their own block: a blocked alarm would look like none, and the block would never end or
 * never be told from health.
 *
 * @param finishedAt ISO 8601
 */
export function outcomesOf(
  verdicts: readonly Verdict[],
  plant: Plant,
  finishedAt: string,
): ScenarioOutcome[] {
  const wanted = verdicts.filter(({ metric, threshold }) =>
    plant.kind === 'none' ? threshold !== undefined : plantShowsIn(plant, metric),
  );
  return wanted.map((verdict) => ({
    scenario: verdict.scenario,
    metric: verdict.metric,
    plant,
    verdict: verdict.verdict,
    ...(verdict.effect !== undefined && { logRatio: working(verdict) }),
    alarmed: wasAlarmed(verdict),
    finishedAt,
  }));
}

/** Log-ratio of a relative effect; an effect in the metric's unit stays what it is. */
function working({ effect = 0, effectIn = 'relative' }: Verdict): number {
  return effectIn === 'relative' ? Math.log1p(effect) : effect;
}

function wasAlarmed({ verdict, confirmation, blocked, interval, margin }: Verdict): boolean {
  if (verdict === 'regressed' || verdict === 'improved') return true;
  if (confirmation !== undefined || blocked !== undefined) return true;
  return (
    verdict === 'inconclusive' && interval !== undefined && (interval.lo > margin || interval.hi < -margin)
  );
}

/**
 * What control runs say of an installation, one standing for each scenario and metric among them.
 *
 * @param outcomes of one machine and repository, in any order; how far back is the caller's choice
 */
export function standingsOf(outcomes: readonly ScenarioOutcome[]): ControlStanding[] {
  const groups = Map.groupBy(outcomes, ({ scenario, metric }) => JSON.stringify([scenario, metric]));
  return [...groups.values()].map((group) => standingOf(group as [ScenarioOutcome, ...ScenarioOutcome[]]));
}

function standingOf(group: readonly [ScenarioOutcome, ...ScenarioOutcome[]]): ControlStanding {
  const [{ scenario, metric }] = group;
  const newest = group.toSorted((a, b) => Date.parse(b.finishedAt) - Date.parse(a.finishedAt));
  const same = newest.filter(({ plant }) => plant.kind === 'none');
  const estimates = estimatesOf(same);
  const bias = median(estimates);
  const noiseBand = bandOf(estimates);
  const blocked = whyBlocked(metric, same);
  return {
    scenario,
    metric,
    jobs: same.length,
    ...(noiseBand !== undefined && { noiseBand }),
    ...(bias !== undefined && { bias }),
    falseAlarms: same.filter(isFalseAlarm).length,
    planted: plantedOf(newest),
    ...(blocked !== undefined && { blocked }),
  };
}

function estimatesOf(outcomes: readonly ControlOutcome[]): number[] {
  return outcomes.flatMap(({ logRatio }) => logRatio ?? []);
}

/** Half the width around the median within which 95 % of the estimates fell; undefined below {@link FEWEST_FOR_BAND}. */
function bandOf(estimates: readonly number[]): number | undefined {
  const centre = median(estimates);
  if (centre === undefined || estimates.length < FEWEST_FOR_BAND) return undefined;
  return quantile(
    estimates.map((estimate) => Math.abs(estimate - centre)),
    0.95,
  );
}

function isFalseAlarm({ verdict }: ControlOutcome): boolean {
  return verdict === 'regressed' || verdict === 'improved';
}

/** The same for equal plants: jsonb gives keys back in an order of its own. */
export function plantKey(plant: Plant): string {
  return JSON.stringify(Object.entries(plant).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function plantedOf(outcomes: readonly ControlOutcome[]): ControlStanding['planted'] {
  const planted = outcomes.filter(({ plant }) => plant.kind !== 'none');
  const groups = Map.groupBy(planted, ({ plant }) => plantKey(plant));
  return [...groups.values()].map((group) => ({
    plant: (group[0] as ControlOutcome).plant,
    found: group.filter(({ verdict }) => verdict === 'regressed').length,
    tried: group.length,
  }));
}

/**
 * Why no alarm may be raised; undefined while the control holds. It is looked at over the newest {@link BLOCK_JOBS}
 * same-code jobs, of which each must have an estimate. L is the metric's margin or, where wider, its noise band: the mean of
 * noisy estimates is off by chance.
 *
 * 1. Bias: the mean is beyond {@link BIAS_ERRORS} standard errors of 0 and beyond 0.4 L.
 * 2. Outright: the mean is beyond 0.6 L, however sure.
 * 3. Two confirmed alarms, or six before confirmation.
 *
 * A mean of 2.6 standard errors alone comes by chance in 1 of 57 windows of 20 (Student's t, 19 degrees of freedom), too
 * often for a window that moves each day; the size asked for besides makes it 1 in 250 or less. With the alarms that the
 * decision rule is allowed, a healthy rig is blocked in 0.5 to 1 % of all windows, a bias of 0.4 % of CPU time is found in
 * 95 % of them: simulated in test/analyse/control.test.ts.
 */
function whyBlocked(metric: MetricName, newestFirst: readonly ControlOutcome[]): string | undefined {
  const jobs = newestFirst.slice(0, BLOCK_JOBS);
  if (jobs.length < BLOCK_JOBS) return undefined;
  const falseAlarms = jobs.filter(isFalseAlarm).length;
  if (falseAlarms >= FALSE_ALARMS) {
    return `the same code was called changed in ${falseAlarms} of the last ${BLOCK_JOBS} control jobs`;
  }
  const suspicions = jobs.filter(({ alarmed }) => alarmed).length;
  if (suspicions >= SUSPICIONS) {
    return `the same code raised an alarm in ${suspicions} of the last ${BLOCK_JOBS} control jobs before fresh pairs denied it`;
  }
  return whyBiased(metric, estimatesOf(jobs));
}

function whyBiased(metric: MetricName, estimates: readonly number[]): string | undefined {
  const centre = mean(estimates);
  const sd = standardDeviation(estimates);
  if (estimates.length < BLOCK_JOBS || centre === undefined || sd === undefined) return undefined;
  const size = Math.abs(centre);
  const limit = Math.max(metricLimits(metricOf(metric), {}).margin, bandOf(estimates) ?? 0);
  const isSure = size > (BIAS_ERRORS * sd) / Math.sqrt(estimates.length);
  const isBiased = (isSure && size > RELEVANT_SHARE * limit) || size > OUTRIGHT_SHARE * limit;
  if (!isBiased || size === 0) return undefined;
  return `the same code came out ${shown(metric, centre)} apart on the average of the last ${estimates.length} control jobs`;
}

function shown(metric: MetricName, centre: number): string {
  if (metricOf(metric).scale !== 'ratio') return String(Number(centre.toPrecision(3)));
  return `${(100 * Math.expm1(centre)).toFixed(2)} %`;
}
