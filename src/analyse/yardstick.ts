import type { Metric } from '../domain/metric.ts';

/**
 * How changes of a metric are measured. Inside the rules a change is one number that is positive when head is worse
 * ("working units"): a log-ratio, a difference, or a difference of shares, turned round where higher is better. Outside it
 * is the real change of head over base, relative or in the metric's unit.
 */
export interface Yardstick {
  effectIn: 'relative' | 'absolute';
  /** A worsening of that size (positive, as limits state it) in working units. */
  worsening(size: number): number;
  /** Working units to the real change of head over base. */
  change(working: number): number;
  /** True when the real change has the other sign than working units. */
  isTurned: boolean;
}

const RELATIVE: Yardstick = {
  effectIn: 'relative',
  worsening: Math.log1p,
  change: Math.expm1,
  isTurned: false,
};

/** A drop of 3 % is ln(1 / 0.97): more than ln(1.03). */
const RELATIVE_TURNED: Yardstick = {
  effectIn: 'relative',
  worsening: (size) => -Math.log1p(-Math.min(size, 0.999_999)),
  change: (working) => Math.expm1(-working),
  isTurned: true,
};

const ABSOLUTE: Yardstick = {
  effectIn: 'absolute',
  worsening: (size) => size,
  change: (working) => working,
  isTurned: false,
};

const ABSOLUTE_TURNED: Yardstick = {
  effectIn: 'absolute',
  worsening: (size) => size,
  // 0 - x instead of -x: no change at all is 0, not -0.
  change: (working) => 0 - working,
  isTurned: true,
};

/** The yardstick of a metric. */
export function yardstickOf({ scale, better }: Pick<Metric, 'scale' | 'better'>): Yardstick {
  if (scale === 'ratio') return better === 'lower' ? RELATIVE : RELATIVE_TURNED;
  return better === 'lower' ? ABSOLUTE : ABSOLUTE_TURNED;
}

/** An interval in working units as a range of the real change, lower end first. */
export function realRange(
  yardstick: Yardstick,
  interval: { lo: number; hi: number },
): { lo: number; hi: number } {
  const ends = [yardstick.change(interval.lo), yardstick.change(interval.hi)] as const;
  return yardstick.isTurned ? { lo: ends[1], hi: ends[0] } : { lo: ends[0], hi: ends[1] };
}
