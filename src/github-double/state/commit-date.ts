import type { World } from './world.ts';

/** 2024-01-01T00:00:00Z. Dates of the double's commits start here, so that shas follow the seed and not the clock. */
const FIRST_COMMIT_SECONDS = 1_704_067_200;

/** Date of the next commit of the double, a minute after the last, in seconds since 1970. */
export function commitDateSeconds(world: World): number {
  world.commitCount++;
  return FIRST_COMMIT_SECONDS + world.commitCount * 60;
}
