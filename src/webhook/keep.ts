import { PerfCiError } from '../domain/errors.ts';
import { type Answer, problemAnswer } from './answer.ts';
import type { StoreOutcome, WebhookDelivery, WebhookOptions } from './delivery.ts';
import { PROBLEMS } from './problem.ts';
import { Slots } from './slots.ts';

/**
 * Hands deliveries to the database, `maxInFlight` at once, and turns what comes back into the answer. `release`
 * is called when the database has let go of the body, however long ago GitHub was answered.
 *
 * After `storeDeadlineMs` the answer is 503 although the row may still be committed: GitHub then shows a failed
 * delivery that was taken, and its redelivery is a no-op.
 */
export function deliveryKeeper(
  options: WebhookOptions,
): (delivery: WebhookDelivery, release: () => void) => Promise<Answer> {
  const { store, log, maxInFlight = 16, maxWaiting = 256, storeDeadlineMs = 5_000 } = options;
  const slots = new Slots({ max: maxInFlight, maxWaiting });

  return async (delivery, release) => {
    const { deliveryId, event, action, ignoredBecause } = delivery;
    const deadline = startDeadline(storeDeadlineMs);
    const stored = slots.run(() => store(delivery), deadline.signal).finally(release);
    try {
      const outcome = await Promise.race([stored, deadline.passed]);
      if (outcome === 'conflict') {
        log.error({ deliveryId, event }, 'two bodies under one delivery id');
        return problemAnswer(PROBLEMS.conflict);
      }
      log.info({ deliveryId, event, action, outcome, ignoredBecause }, 'delivery stored');
      return accepted(outcome, ignoredBecause);
    } catch (error) {
      const busy = error instanceof PerfCiError && error.code === 'slots-busy';
      log.error({ deliveryId, event, error }, 'delivery not stored');
      return problemAnswer(busy ? PROBLEMS.busy : PROBLEMS.notStored);
    } finally {
      deadline.clear();
    }
  };
}

function accepted(outcome: Exclude<StoreOutcome, 'conflict'>, ignoredBecause: string | undefined): Answer {
  if (ignoredBecause !== undefined) {
    return { status: 202, body: { status: 'ignored', reason: ignoredBecause } };
  }
  return { status: 202, body: { status: outcome === 'stored' ? 'accepted' : 'repeated' } };
}

function startDeadline(ms: number): { signal: AbortSignal; passed: Promise<never>; clear: () => void } {
  const controller = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    controller.abort();
    reject(
      new PerfCiError('store-too-slow', `the database's answer expected within ${ms} ms`, {
        retryable: true,
      }),
    );
  }, ms);
  return { signal: controller.signal, passed: promise, clear: () => clearTimeout(timer) };
}
