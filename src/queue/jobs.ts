import { PerfCiError, clip } from '../domain/errors.ts';

/** All that a job carries: ids. The row in the database is the truth, the job only wakes a worker up. */
export interface RunJob {
  runId: string;
  /** Which claim of the run the job is for: 1 for the first. */
  attempt: number;
}

/** A job on its way into the queue. */
export interface NewRunJob extends RunJob {
  pool: string;
  /** Lower is sooner. */
  priority: number;
}

const POOL = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Name of the queue of a pool.
 *
 * @throws PerfCiError `pool-name-invalid`
 */
export function queueNameOf(pool: string): string {
  if (!POOL.test(pool)) {
    throw new PerfCiError(
      'pool-name-invalid',
      `expected a pool name of 1 to 63 characters a-z, 0-9, _ and -, found "${clip(pool)}"`,
      { remedy: 'Choose another name in perf-ci.yml and in PERF_CI_POOL.', blame: 'config' },
    );
  }
  return `runs-${pool}`;
}

/** One id for one attempt of one run, so that the same job added twice is one job. */
export function jobIdOf(job: RunJob): string {
  return `run-${job.runId}-a${job.attempt}`;
}

/** The job in data from a queue that others may write to; undefined when it is none of ours. */
export function parseRunJob(data: unknown): RunJob | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { runId, attempt } = data as Record<string, unknown>;
  if (typeof runId !== 'string' || !UUID.test(runId)) return undefined;
  if (typeof attempt !== 'number' || !Number.isInteger(attempt) || attempt < 1) return undefined;
  return { runId, attempt };
}
