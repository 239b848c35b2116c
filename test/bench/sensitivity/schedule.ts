import { createRandom, deriveSeed } from '../../../src/stats/random.ts';
import type { Stratum } from './strata.ts';

export interface PlannedJob {
  /** From 0, in the order of the plan. */
  no: number;
  stratum: Stratum;
  /** Whether the rivals run on the same services afterwards. */
  withRivals: boolean;
  /** Seed of all coins of this job. */
  seed: number;
}

/**
 * `rounds` rounds of all strata in random order, any prefix of which has about the right mix: each of the n jobs of a
 * stratum lies somewhere within its own nth part of a round.
 * @param rivalsShare of the jobs that rivals could see, those on which they run, evenly spread
 */
export function planJobs(
  strata: readonly Stratum[],
  seed: number,
  rounds: number,
  rivalsShare: number,
): PlannedJob[] {
  const random = createRandom(deriveSeed(seed, 'order'));
  const planned = Array.from({ length: rounds }, (_, round) =>
    strata
      .flatMap((stratum) =>
        Array.from({ length: stratum.jobs }, (_job, index) => {
          const nth = round * stratum.jobs + index + 1;
          const withRivals =
            stratum.hasRivals && Math.floor(nth * rivalsShare) > Math.floor((nth - 1) * rivalsShare);
          return { stratum, withRivals, at: (index + random.next()) / stratum.jobs };
        }),
      )
      .sort((a, b) => a.at - b.at),
  ).flat();
  return planned.map(({ stratum, withRivals }, no) => ({
    no,
    stratum,
    withRivals,
    seed: deriveSeed(seed, 'job', no),
  }));
}
