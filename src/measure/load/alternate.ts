import type { RequestSpec } from '../../domain/benchmark.ts';
import { SIDES, type Side } from '../../domain/trial.ts';
import type { Random } from '../../stats/random.ts';
import { sidesFrom } from '../side-order.ts';
import { deal } from './deck.ts';
import { askBoth, type SideInUse } from './exchange.ts';

/** What one side answered. */
export interface Answered {
  /** Milliseconds of each answer, in the order sent. */
  latenciesMs: number[];
  /** Of all bodies together. */
  bytes: number;
}

/** When alternation ends: at the first of `durationMs` and `requests` that is reached. */
export interface AlternateLimits {
  /** Both sides together. */
  durationMs: number;
  /** To each side; default no limit. */
  requests?: number;
  /** To each side, even past `durationMs`, but not past `withinMs`; default none. */
  atLeast?: { requests: number; withinMs: number };
}

/**
 * Alternates: each request of the shuffled deck goes to both sides, one in flight, which side first by coin. Noise of the
 * host that lasts longer than two requests so falls on both sides alike. The coin matters: strict alternation
 * once gave a bias of half a percent, because the parity of the side and of the request list met.
 *
 * @returns what each side answered; counts are equal on both sides by construction
 * @throws TrialError at the first answer that is not expected
 */
export async function alternate(
  sides: Record<Side, SideInUse>,
  deck: readonly RequestSpec[],
  limits: AlternateLimits,
  random: Random,
): Promise<Record<Side, Answered>> {
  const answered: Record<Side, Answered> = {
    base: { latenciesMs: [], bytes: 0 },
    head: { latenciesMs: [], bytes: 0 },
  };
  const { durationMs, requests = Infinity, atLeast } = limits;
  const startedMs = performance.now();
  for (const spec of deal(deck, random)) {
    const answers = await askBoth(sides, spec, sidesFrom(random.coin() ? 'base' : 'head'));
    for (const side of SIDES) {
      answered[side].latenciesMs.push(answers[side].latencyMs);
      answered[side].bytes += answers[side].bytes;
    }
    const sent = answered.base.latenciesMs.length;
    const isShort = atLeast !== undefined && sent < atLeast.requests;
    const endMs = isShort ? Math.max(durationMs, atLeast.withinMs) : durationMs;
    if (sent >= requests || performance.now() - startedMs >= endMs) break;
  }
  return answered;
}
