import type { RunJob } from './jobs.ts';

/** The part of a BullMQ queue that is used; both backends give it. */
export interface JobProducer {
  add(
    name: string,
    data: RunJob,
    options: {
      jobId: string;
      priority: number;
      attempts: number;
      removeOnComplete: boolean;
      removeOnFail: boolean;
    },
  ): Promise<unknown>;
  getJobCounts(...states: ('waiting' | 'prioritized')[]): Promise<Record<string, number>>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** The part of a BullMQ worker that is used. */
export interface JobConsumer {
  /** Whether the server answers, as far as its connection knows. */
  isReachable(): boolean;
  /** Waits for the job that is handled; with `force` it neither waits nor says goodbye to the server. */
  close(force: boolean): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** Times that decide how soon the job of a dead worker is given to another. */
export interface ConsumerTimes {
  /** A worker that does not renew for this long has lost its job. */
  lockMs: number;
  /** How often lost jobs are looked for. */
  stalledCheckMs: number;
}

/** What a queue runs on. */
export interface QueueBackend {
  kind: 'redis' | 'postgres';
  producer(queueName: string): JobProducer;
  consumer(queueName: string, handle: (data: unknown) => Promise<void>, times: ConsumerTimes): JobConsumer;
  /** Closes the connections; producers and consumers are closed before. */
  close(): Promise<void>;
}

/** The same times as options of a BullMQ worker. One job at a time: a machine measures one run at a time. */
export function workerOptions(times: ConsumerTimes): {
  concurrency: 1;
  lockDuration: number;
  stalledInterval: number;
  maxStalledCount: number;
  runRetryDelay: number;
} {
  return {
    concurrency: 1,
    lockDuration: times.lockMs,
    stalledInterval: times.stalledCheckMs,
    // How often a run may lose its worker is decided in the database, with the lease.
    maxStalledCount: 10,
    // BullMQ's own 15 seconds would pass after every restart of the server before a worker goes on.
    runRetryDelay: 1000,
  };
}
