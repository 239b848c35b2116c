import type { HookAttempt, HookDeliveries } from '../src/github/hook-deliveries.ts';
import type { Log } from '../src/log.ts';
import {
  type Asked,
  findMissed,
  looksShut,
  planRedeliveries,
  REDELIVERABLE_MS,
  type Redelivery,
  type RedeliveryPlan,
} from './missed-deliveries.ts';

export interface DeliverySweep {
  /** Ends after the request that is under way. */
  stop(): Promise<void>;
}

/** An attempt may show in GitHub's list this long after its time. */
const LATE_MS = 15 * 60_000;
/** What one round may not do at once goes on after this long, if the interval is not shorter. */
const GO_ON_MS = 60_000;

/**
 * Finds the deliveries that did not arrive, at its start and at every interval, and has GitHub send them once more:
 * GitHub does not do so by itself. A redelivery has the id of its original, so one too many does no harm.
 *
 * GitHub's list is the memory: a start reads three days of it, later rounds what is new.
 */
export function startDeliverySweep(options: {
  hooks: HookDeliveries;
  intervalMs: number;
  log: Log;
}): DeliverySweep {
  const { intervalMs, log } = options;
  const stopping = new AbortController();
  const round = createRound(options, stopping.signal);
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();

  async function sweep(): Promise<void> {
    let hasMore = false;
    try {
      hasMore = await round();
    } catch (error) {
      log.error({ error }, 'a look for missed deliveries failed');
    }
    if (stopping.signal.aborted) return;
    timer = setTimeout(begin, hasMore ? Math.min(intervalMs, GO_ON_MS) : intervalMs);
  }

  function begin(): void {
    working = sweep();
  }

  begin();
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await working;
    },
  };
}

/** A function that looks once and comes back with whether there is more to do soon. */
function createRound(
  { hooks, intervalMs, log }: { hooks: HookDeliveries; intervalMs: number; log: Log },
  signal: AbortSignal,
): () => Promise<boolean> {
  let sinceMs = Date.now() - REDELIVERABLE_MS;
  let isShut = false;
  /** Attempts of the events that are missed. */
  let known: HookAttempt[] = [];
  const asked = new Map<string, Asked>();
  /** Events that are not asked for again, and of which that was said. */
  const givenUp = new Set<string>();

  function giveUp(guid: string, fields: object, message: string): void {
    if (givenUp.has(guid)) return;
    givenUp.add(guid);
    log.error({ deliveryId: guid, ...fields }, message);
  }

  /** Takes in what is new in GitHub's list and decides. Undefined: GitHub does not show it now. */
  async function look(): Promise<RedeliveryPlan | undefined> {
    const listed = await hooks.listAttempts(sinceMs, signal);
    if (!listed.ok) {
      log.warn({ failure: listed.failure }, 'the list of deliveries could not be read now');
      return undefined;
    }
    const { attempts, isWhole } = listed.value;
    if (!isWhole) log.warn({ read: attempts.length }, 'the list of deliveries was not read to its end');
    for (const { deliveredAtMs } of attempts) sinceMs = Math.max(sinceMs, deliveredAtMs - LATE_MS);
    const wasShut = isShut;
    isShut = looksShut(attempts) ?? wasShut;

    const nowMs = Date.now();
    const { missed, expired } = findMissed([...known, ...attempts], nowMs);
    for (const { guid } of expired) giveUp(guid, {}, 'a delivery did not arrive in three days and is lost');
    known = missed.flatMap((delivery) => delivery.attempts);
    keepOnly(new Set([...missed, ...expired].map(({ guid }) => guid)), asked, givenUp);

    const open = missed.filter(({ guid }) => !givenUp.has(guid));
    const hasReopened = wasShut && !isShut;
    const plan = planRedeliveries(open, asked, { nowMs, pauseMs: intervalMs, isShut, hasReopened });
    for (const { guid, attempts: tried } of plan.refused) {
      const fields = { attempts: tried.length, statusCode: tried.at(-1)?.statusCode };
      giveUp(guid, fields, 'a delivery is refused by our own door and given up');
    }
    return plan;
  }

  /** False: GitHub takes no further requests now. */
  async function redeliver({ guid, attemptId, attempts }: Redelivery): Promise<boolean> {
    const answer = await hooks.redeliver(attemptId);
    // Also when the answer was lost: it may have been done.
    const isAsked = answer.ok || answer.failure.kind === 'unknown-outcome';
    if (isAsked) asked.set(guid, { atMs: Date.now(), attempts });
    if (answer.ok) return true;
    const { failure } = answer;
    if (failure.kind === 'rejected') {
      giveUp(guid, { failure }, 'GitHub does not redeliver a delivery that did not arrive');
      return true;
    }
    log.warn({ deliveryId: guid, failure }, 'a delivery could not be asked for now');
    return false;
  }

  return async () => {
    const plan = await look();
    if (plan === undefined || plan.redeliver.length === 0 || signal.aborted) return false;
    let count = 0;
    for (const redelivery of plan.redeliver) {
      if (signal.aborted || !(await redeliver(redelivery))) break;
      count += 1;
    }
    log.info({ count, hasMore: plan.hasMore, isShut }, 'asked GitHub for deliveries that did not arrive');
    return plan.hasMore;
  };
}

/** Forgets every event but those named. */
function keepOnly(
  guids: ReadonlySet<string>,
  ...memories: { keys(): Iterable<string>; delete(guid: string): boolean }[]
) {
  for (const memory of memories) {
    for (const guid of memory.keys()) if (!guids.has(guid)) memory.delete(guid);
  }
}
