import { PerfCiError } from '../domain/errors.ts';
import { withDeadline } from './deadline.ts';
import type { DeliveryEnd, Pool } from './ports.ts';
import { processDelivery, type ProcessPorts } from './process.ts';

export interface IntakeOptions extends ProcessPorts {
  pool: Pool;
  /** Longest wait between two looks at the table; a wake-up by {@link Intake.notify} comes sooner. */
  pollMs?: number;
  /** For each read of GitHub; its transaction stays open meanwhile. */
  githubDeadlineMs?: number;
}

export interface Intake {
  /** Says that a delivery may have arrived. */
  notify(): void;
  /** Finishes the delivery in hand, takes no more. */
  stop(): Promise<void>;
}

/**
 * Processes stored deliveries one by one, oldest first, until stopped. Several may run: each delivery is locked by
 * who takes it. One that fails is put off and tried again, dead after eight times, and never holds up the others.
 */
export function startIntake(options: IntakeOptions): Intake {
  const { pollMs = 1_000, githubDeadlineMs = 15_000, log } = options;
  const ports = { ...options, github: withDeadline(options.github, githubDeadlineMs) };
  const stopping = new AbortController();
  const isStopped = (): boolean => stopping.signal.aborted;
  let woken = false;
  let wake = (): void => undefined;

  function notify(): void {
    woken = true;
    wake();
  }

  async function waitForWork(): Promise<void> {
    if (!woken && !isStopped()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    woken = false;
  }

  async function run(): Promise<void> {
    let away = false;
    while (!isStopped()) {
      try {
        while (!isStopped() && (await processNext(ports)) !== 'none');
        away = false;
      } catch (error) {
        // Once per outage: the loop itself goes on asking.
        if (!away) log.error({ error }, 'intake cannot reach the database');
        away = true;
        woken = false;
      }
      await waitForWork();
    }
  }

  const running = run();
  return {
    notify,
    async stop() {
      stopping.abort();
      wake();
      await running;
    },
  };
}

/**
 * Takes and processes one delivery in one transaction. What it throws is noted with the delivery after the
 * transaction was rolled back.
 *
 * @throws when the database is away
 */
export async function processNext(
  ports: Omit<IntakeOptions, 'pollMs' | 'githubDeadlineMs'>,
): Promise<'none' | DeliveryEnd['state'] | 'retry'> {
  const { store, pool, log } = ports;
  let taken: { deliveryId: string; event: string } | undefined;
  try {
    return await store.withTransaction(pool, async (tx) => {
      const delivery = await store.takeDelivery(tx);
      if (delivery === undefined) return 'none';
      taken = { deliveryId: delivery.deliveryId, event: delivery.event };
      const end = await processDelivery(tx, delivery, ports);
      await store.finishDelivery(tx, delivery.deliveryId, end);
      log.info({ ...taken, ...end }, 'delivery processed');
      return end.state;
    });
  } catch (error) {
    if (taken === undefined) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const next = await store.retryDelivery(pool, taken.deliveryId, message, howToRetry(error));
    if (next === 'dead') log.error({ ...taken, error }, 'delivery given up');
    else log.warn({ ...taken, error }, 'delivery put off');
    return next;
  }
}

/** Whether a failure may pass by itself, and how long GitHub asked to be left alone. */
function howToRetry(error: unknown): { mayPass: boolean; leastWaitMs?: number } {
  if (!(error instanceof PerfCiError) || !error.retryable) return { mayPass: false };
  const { retryAfterMs } = error.details;
  return { mayPass: true, ...(typeof retryAfterMs === 'number' ? { leastWaitMs: retryAfterMs } : {}) };
}
