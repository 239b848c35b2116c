import { PerfCiError } from '../domain/errors.ts';
import type { Run } from '../domain/run.ts';
import type { NewRunJob } from './jobs.ts';
import { calmly, type QueueLog } from './log.ts';

/** What the dispatcher needs of the database; `Tx` is whatever a transaction is there. */
export interface DispatcherPorts<Tx> {
  /** Runs without a job: queued ones, and dispatched ones that no worker took for `olderThanMs`. */
  runsToDispatch(
    olderThanMs: number,
  ): Promise<{ id: string; attempt: number; pool: string; priority: number }[]>;
  markDispatched(id: string): Promise<boolean>;
  inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Takes runs from workers that fell silent. */
  reapExpiredLeases(tx: Tx): Promise<{ requeued: Run[]; lost: Run[] }>;
  /** Closes runs whose result GitHub shows. */
  closeReported(tx: Tx): Promise<string[]>;
  /** In the transaction that put the run back: say so where people look. */
  onRequeued(tx: Tx, run: Run): Promise<void>;
  /** In the transaction that gave the run up: conclude what people see of it. */
  onLost(tx: Tx, run: Run): Promise<void>;
}

export interface DispatcherOptions<Tx> {
  ports: DispatcherPorts<Tx>;
  queue: { enqueue(job: NewRunJob): Promise<void> };
  /** How often everything is looked at without being woken up. */
  pollMs?: number;
  /** After this long without a worker, the job of a dispatched run counts as gone. */
  staleAfterMs?: number;
  log?: QueueLog;
}

export interface Dispatcher {
  /** Looks now instead of at the next poll. */
  wake(): void;
  /** Ends after the round that is under way. */
  stop(): Promise<void>;
}

/**
 * Repairs every arrow between the database and the workers, round after round: runs whose worker fell silent
 * go back or are given up, runs without a job get one, reported runs are closed. Many copies may run; each
 * step is safe beside another. Failures are logged and tried again in the next round.
 */
export function startDispatcher<Tx>(options: DispatcherOptions<Tx>): Dispatcher {
  const pollMs = options.pollMs ?? 5000;
  const onFailure = calmly(options.log, 'a round of the dispatcher failed in part');
  const stopping = new AbortController();
  let wakeUp: () => void = () => undefined;
  let awake = true;

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      if (awake) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, pollMs);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const rounds = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      awake = false;
      await dispatchRound(options, onFailure);
      await pause();
    }
  };
  const running = rounds();
  const wake = (): void => {
    awake = true;
    wakeUp();
  };
  return {
    wake,
    stop: async () => {
      stopping.abort();
      wake();
      await running;
    },
  };
}

/** One look at everything. A step that fails does not keep the others from being done. */
export async function dispatchRound<Tx>(
  options: DispatcherOptions<Tx>,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const steps = [takeBackLostRuns, giveJobs, closeReported];
  for (const step of steps) {
    try {
      await step(options);
    } catch (error) {
      onFailure(error);
    }
  }
}

async function takeBackLostRuns<Tx>({ ports, log }: DispatcherOptions<Tx>): Promise<void> {
  const { requeued, lost } = await ports.inTransaction(async (tx) => {
    const reaped = await ports.reapExpiredLeases(tx);
    for (const run of reaped.requeued) await ports.onRequeued(tx, run);
    for (const run of reaped.lost) await ports.onLost(tx, run);
    return reaped;
  });
  for (const run of requeued) {
    log?.warn({ runId: run.id, attempt: run.attempt }, 'a worker fell silent, its run waits again');
  }
  for (const run of lost) {
    log?.warn({ runId: run.id, attempt: run.attempt }, 'a run lost its worker too often and was given up');
  }
}

async function giveJobs<Tx>(options: DispatcherOptions<Tx>): Promise<void> {
  const { ports, queue, staleAfterMs = 20_000, log } = options;
  for (const run of await ports.runsToDispatch(staleAfterMs)) {
    // The first job that cannot be added ends the step: the queue is away for the others too.
    // A stop between the two calls adds the same job again, which the queue ignores.
    try {
      await queue.enqueue({
        runId: run.id,
        attempt: run.attempt,
        pool: run.pool,
        priority: run.priority,
      });
    } catch (error) {
      // A name that no queue can have would stand in the way of the others for ever.
      if (!(error instanceof PerfCiError) || error.code !== 'pool-name-invalid') throw error;
      log?.warn({ runId: run.id, pool: run.pool }, 'a run waits for a pool that no queue can have');
      continue;
    }
    await ports.markDispatched(run.id);
  }
}

async function closeReported<Tx>({ ports }: DispatcherOptions<Tx>): Promise<void> {
  await ports.inTransaction((tx) => ports.closeReported(tx));
}
