import type { Plant } from '../domain/control.ts';
import { type MetricName, metricOf } from '../domain/metric.ts';
import type { Verdict } from '../domain/verdict.ts';
import { amountsOf } from './amounts.ts';
import { metricTitle } from './metric-title.ts';
import { count, formatBound, formatBytes, formatChange, formatDuration } from './numbers.ts';
import { isGating } from './rank.ts';
import type { TextStyle } from './style.ts';
import type { JudgedResult } from './view.ts';

/**
 * What the standing control says of these verdicts, one sentence; undefined when it says nothing of them:
 * `Same-code control: ±1.1 %, 0 false alarms in 23 jobs.`
 */
export function describeControl(result: JudgedResult, verdicts: readonly Verdict[]): string | undefined {
  const standings = (result.controls ?? []).filter((standing) =>
    verdicts.some(({ scenario, metric }) => scenario === standing.scenario && metric === standing.metric),
  );
  // A job is one job, however many metrics of its scenario it tells of.
  const jobs = [...Map.groupBy(standings, ({ scenario }) => scenario).values()].reduce(
    (sum, own) => sum + Math.max(...own.map((standing) => standing.jobs)),
    0,
  );
  if (jobs === 0) return undefined;
  const alarms = standings.reduce((sum, { falseAlarms }) => sum + falseAlarms, 0);
  // Bands in units of their own are in the fold: 120 bytes are no percentage.
  const bands = standings.flatMap(({ metric, noiseBand }) => (isRelative(metric) ? (noiseBand ?? []) : []));
  const band =
    bands.length === 0 ? '' : `${bands.length > 1 ? 'at most ' : ''}±${formatBound(Math.max(...bands))}, `;
  return `Same-code control: ${band}${count(alarms, 'false alarm')} in ${count(jobs, 'job')}.`;
}

/** Alarms that the figures ask for and the standing control does not allow, one paragraph; undefined without any. */
export function describeBlocked(result: JudgedResult, style: TextStyle): string | undefined {
  const blocked = result.verdicts.filter((verdict) => verdict.blocked !== undefined);
  const [first] = blocked;
  if (first?.blocked === undefined) return undefined;
  const names = blocked
    .slice(0, 3)
    .map((verdict) => `${metricTitle(verdict, style.code)} on ${style.code(verdict.scenario, 60)}`);
  const more = blocked.length > 3 ? ` and ${blocked.length - 3} more` : '';
  const why = style.sentence(first.blocked.replace(/\.$/, ''), 300);
  return `${style.strong('Alarm not raised:')} ${names.join(', ')}${more}; the standing control fails: ${why}.`;
}

/** The standing control of each gating result and what it found of planted slowdowns, a row each. */
export function controlRows({ controls = [], verdicts }: JudgedResult, style: TextStyle): string[] {
  return controls.map((standing) => {
    const { scenario, metric, noiseBand, jobs, falseAlarms, planted } = standing;
    const own = verdicts.find((verdict) => verdict.scenario === scenario && verdict.metric === metric);
    const title = metricTitle(own ?? { metric }, style.code);
    const found = planted
      .filter(({ tried }) => tried > 0)
      .slice(0, 6)
      .map(({ plant, found: hits, tried }) => `${describePlant(plant)} found ${hits} of ${tried}`);
    const facts = [
      noiseBand === undefined ? 'no noise band yet' : describeBand(metric, noiseBand, own),
      `${count(falseAlarms, 'false alarm')} in ${count(jobs, 'same-code job')}`,
      ...(found.length === 0 ? [] : [`planted: ${found.join(', ')}`]),
      ...(standing.blocked === undefined ? [] : ['no alarm is raised']),
    ];
    return `Standing control of ${title} on ${style.code(scenario, 60)}: ${facts.join('; ')}`;
  });
}

function isRelative(metric: MetricName): boolean {
  return metricOf(metric).scale === 'ratio';
}

/** In percent, or in the unit that the verdict of the metric tells. */
function describeBand(metric: MetricName, noiseBand: number, own: Verdict | undefined): string {
  if (isRelative(metric)) return `noise band ±${formatBound(noiseBand)}`;
  return own === undefined ? 'noise band in its own unit' : `noise band ±${amountsOf(own).bound(noiseBand)}`;
}

/** Why the margin is wider than usual, for the verdicts that matter; undefined when it is not. */
export function describeMargin(verdicts: readonly Verdict[], style: TextStyle): string | undefined {
  const widened = verdicts.filter(({ marginWhy = [] }) => marginWhy.length > 0);
  const [widest] = [...widened].sort((left, right) => right.margin - left.margin);
  if (widest === undefined) return undefined;
  const reasons = [...new Set(widened.flatMap(({ marginWhy = [] }) => marginWhy))].slice(0, 3);
  const why = reasons.map((reason) => style.sentence(reason.replace(/\.$/, ''), 200)).join('; ');
  return `A change counts only beyond ±${amountsOf(widest).bound(widest.margin)}, more than usual: ${why}.`;
}

/** How many gating metrics share the error rate; undefined when one has it alone. */
export function describeFamily(verdicts: readonly Verdict[]): string | undefined {
  const family = Math.max(1, ...verdicts.filter(isGating).map((verdict) => verdict.family ?? 1));
  return family === 1 ? undefined : `Error rate shared by ${family} gating metrics.`;
}

function describePlant(plant: Plant): string {
  switch (plant.kind) {
    case 'none':
      return 'nothing';
    case 'cpu':
      return `${formatChange(plant.share)} CPU`;
    case 'stall':
      return `a stall of ${plant.delayMs} ms in ${formatBound(plant.share)} of answers`;
    case 'leak':
      return `a leak of ${formatBytes(plant.bytesPerRequest)} a request`;
    case 'slow-start':
      return `a start ${plant.delayMs < 1_000 ? `${plant.delayMs} ms` : formatDuration(plant.delayMs)} later`;
  }
}
