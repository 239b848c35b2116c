import type { Plant } from '../../domain/control.ts';
import { createRandom, deriveSeed } from '../../stats/random.ts';

export interface SelftestJob {
  plant: Plant;
  /** Seed of all coins of this job. */
  seed: number;
}

/**
 * `count` jobs, half of them with nothing planted. They come in blocks that hold every plant once and as many jobs without,
 * shuffled: whenever a selftest ends, it has tried all of them about equally often.
 */
export function planSelftest(plants: readonly Plant[], count: number, seed: number): SelftestJob[] {
  const random = createRandom(deriveSeed(seed, 'selftest'));
  const nothing: Plant = { kind: 'none' };
  const block = plants.length === 0 ? [nothing] : plants.flatMap((plant) => [plant, nothing]);
  const planned: Plant[] = [];
  while (planned.length < count) planned.push(...random.shuffle(block));
  return planned
    .slice(0, count)
    .map((plant, index) => ({ plant, seed: deriveSeed(seed, 'selftest-job', index) }));
}
