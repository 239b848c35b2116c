import type { Random } from '../../src/stats/random.ts';

/** Unit-scale noise of a single run; the typical spread is about 1, tails and shapes differ. */
export type Noise = (random: Random) => number;

export const NOISES: Readonly<Record<string, Noise>> = {
  normal: drawNormal,
  student3: (random) => {
    const scale = Math.sqrt([1, 2, 3].reduce((sum) => sum + drawNormal(random) ** 2, 0) / 3);
    return (0.87 * drawNormal(random)) / scale;
  },
  lognormal: (random) => (Math.exp(0.6 * drawNormal(random)) - 1) / 0.6,
  laplace: (random) => (random.coin() ? -0.97 : 0.97) * Math.log(1 - random.next()),
  contaminated: (random) => (random.next() < 0.1 ? 6 : 1) * drawNormal(random),
  bimodal: (random) => 0.8 * drawNormal(random) + (random.next() < 0.3 ? 4 : 0),
};

/**
 * Log-ratios of `count` pairs: two runs each with noise of `runSd` (log scale), true change `effect` (relative).
 */
export function drawLogRatios(
  random: Random,
  noise: Noise,
  job: { count: number; runSd: number; effect: number },
): number[] {
  return Array.from(
    { length: job.count },
    () => Math.log1p(job.effect) + job.runSd * (noise(random) - noise(random)),
  );
}

/** Marsaglia's polar method. */
export function drawNormal(random: Random): number {
  for (;;) {
    const x = 2 * random.next() - 1;
    const y = 2 * random.next() - 1;
    const square = x * x + y * y;
    if (square < 1 && square > 0) return x * Math.sqrt((-2 * Math.log(square)) / square);
  }
}
