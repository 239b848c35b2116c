import type { CustomMetric, MetricName } from '../domain/metric.ts';
import type { Verdict } from '../domain/verdict.ts';
import { totalOf } from '../stats/shares.ts';
import { median } from '../stats/summary.ts';
import type { MetricPairs } from './pairs.ts';

/** What a project says of a number of its own, as part of a verdict. */
export function customOf(
  metric: MetricName,
  custom: readonly CustomMetric[] | undefined,
): Pick<Verdict, 'custom'> {
  const spec = custom?.find(({ name }) => `custom_${name}` === metric);
  return spec === undefined ? {} : { custom: spec };
}

/** What both sides have over all pairs: the median, of shares the share of all requests together. */
export function typicalValues(figures: readonly MetricPairs[]): Pick<Verdict, 'baseValue' | 'headValue'> {
  const blocks = figures.flatMap((each) => each.blocks);
  const valueOf = (side: 'base' | 'head'): number | undefined => {
    if (blocks.length === 0) return median(figures.flatMap((each) => each[side]));
    const { hits, of } = totalOf(blocks, side);
    return hits / of;
  };
  const baseValue = valueOf('base');
  const headValue = valueOf('head');
  return {
    ...(baseValue !== undefined && { baseValue }),
    ...(headValue !== undefined && { headValue }),
  };
}
