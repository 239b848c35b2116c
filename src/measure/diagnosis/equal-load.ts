import { SIDES } from '../../domain/trial.ts';
import type { Side } from '../../domain/trial.ts';
import type { Random } from '../../stats/random.ts';
import { deal, deckOf } from '../load/deck.ts';
import { ask, askBoth, type SideInUse } from '../load/exchange.ts';
import { sidesFrom } from '../side-order.ts';
import { settleSides } from '../trial-error.ts';

/** When a phase of load ends: at the first of both limits `max` and `ms`, but not before `min` requests to each side. */
export interface LoadLimit {
  min: number;
  max: number;
  ms: number;
  /** Past this it ends whatever was reached; default: it goes on to `min`. */
  lastMs?: number;
}

function isOver(limit: LoadLimit, sent: number, startedMs: number): boolean {
  const elapsedMs = performance.now() - startedMs;
  if (sent >= limit.max || elapsedMs >= (limit.lastMs ?? Infinity)) return true;
  return sent >= limit.min && elapsedMs >= limit.ms;
}

/**
 * The same seeded requests to both sides, one after the other, which side first by coin.
 * @returns how many each side answered; equal by construction
 * @throws TrialError at an answer that is not expected
 */
export async function alternateRequests(
  sides: Record<Side, SideInUse>,
  limit: LoadLimit,
  random: Random,
): Promise<number> {
  const startedMs = performance.now();
  let sent = 0;
  for (const spec of deal(deckOf(sides.base.wire.requests), random)) {
    if (isOver(limit, sent, startedMs)) break;
    await askBoth(sides, spec, sidesFrom(random.coin() ? 'base' : 'head'));
    sent += 1;
  }
  return sent;
}

/** Requests that both sides are given at once before the slower one is waited for. */
const BATCH = 10;

/**
 * The same seeded requests to both sides at once, each side one in flight, in batches so that counts stay equal. For
 * warming up and for counting, where a side may disturb the other's time.
 * @returns how many each side answered
 * @throws TrialError at an answer that is not expected
 */
export async function parallelRequests(
  sides: Record<Side, SideInUse>,
  limit: LoadLimit,
  random: Random,
  kind: 'requests' | 'warmUpRequests' = 'requests',
): Promise<number> {
  const startedMs = performance.now();
  const cards = deal(deckOf(sides.base.wire[kind]), random);
  let sent = 0;
  while (!isOver(limit, sent, startedMs)) {
    const batch = [...take(cards, Math.min(BATCH, limit.max - sent))];
    if (batch.length === 0) break;
    await settleSides(
      SIDES.map(async (side) => {
        for (const spec of batch) await ask(sides[side], spec);
      }),
    );
    sent += batch.length;
  }
  return sent;
}

/** The next `count` of `cards`, which go on afterwards: a for-of would end them. */
function* take<T>(cards: Generator<T, undefined>, count: number): Generator<T> {
  for (let taken = 0; taken < count; taken += 1) {
    const next = cards.next();
    if (next.done === true) return;
    yield next.value;
  }
}
