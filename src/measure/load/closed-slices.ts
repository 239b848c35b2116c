import type { ClosedLoadSpec, LoadSpec, RequestSpec } from '../../domain/benchmark.ts';
import { SIDES, type Side } from '../../domain/trial.ts';
import type { Random } from '../../stats/random.ts';
import type { LoopResult } from './closed-loop.ts';
import type { SideInUse } from './exchange.ts';
import { runClosedLoop } from './run-closed-loop.ts';
import { CLOSED_SLICE_LIMIT_MS, CLOSED_SLICES } from './slices.ts';

/** What the closed loop gave, slices together; `sent` is all that was tried. */
export interface Throughput {
  answersPerSecond: number;
  errors: number;
  sent: number;
}

/** ABBA BAAB: a drift that is straight over the phase falls on both sides alike, and so does one that bends once. */
export function sliceOrder(a: Side): Side[] {
  const b = a === 'base' ? 'head' : 'base';
  return [a, b, b, a, b, a, a, b];
}

/**
 * Answers a second over all slices. An error counts as if its connection had waited the whole timeout for it, so that failing is
 * never faster.
 */
export function throughputOf(
  slices: readonly LoopResult[],
  { connections }: Pick<ClosedLoadSpec, 'connections'>,
  timeoutMs: number,
): Throughput {
  const sum = (part: (slice: LoopResult) => number): number =>
    slices.reduce((total, slice) => total + part(slice), 0);
  const right = sum((slice) => slice.right);
  const errors = sum((slice) => slice.wrong + slice.failed);
  const wallMs = sum((slice) => slice.wallMs) + (errors * timeoutMs) / connections;
  return {
    answersPerSecond: wallMs > 0 ? (right / wallMs) * 1000 : 0,
    errors,
    sent: right + errors,
  };
}

function isHopeless(slice: LoopResult): boolean {
  return slice.wrong + slice.failed > slice.right;
}

/** Waits until a side has done what it was sent: an answer says so, whatever it says, and so does none within the timeout. */
async function drain(side: SideInUse, [spec]: readonly RequestSpec[]): Promise<void> {
  if (spec !== undefined) await side.client.send(side.encoded(spec)).catch(() => undefined);
}

/**
 * The closed loop of both sides in slices ABBA BAAB, which side is A by coin, equal lists for both. After slices that
 * mostly failed, those that are left are given up for both.
 * @throws TrialError when a service ends meanwhile
 */
export async function runClosedSlices(
  sides: Record<Side, SideInUse>,
  deck: readonly RequestSpec[],
  load: LoadSpec & { closed: ClosedLoadSpec },
  random: Random,
): Promise<Record<Side, Throughput>> {
  const { connections, requests } = load.closed;
  const amount = Math.max(connections, Math.ceil(requests / CLOSED_SLICES));
  const slices: Record<Side, LoopResult[]> = { base: [], head: [] };
  const cards = random.shuffle(deck);
  for (const name of sliceOrder(random.coin() ? 'base' : 'head')) {
    // Both sides have had equally many slices: the only moment at which to stop.
    const isEven = slices.base.length === slices.head.length;
    if (isEven && SIDES.some((side) => slices[side].slice(-1).some(isHopeless))) break;
    const side = sides[name];
    const result = await runClosedLoop(side, cards, {
      connections,
      amount,
      start: slices[name].length * amount,
      limitMs: CLOSED_SLICE_LIMIT_MS,
      timeoutMs: load.requestTimeoutMs,
    });
    slices[name].push(result);
    // What was cut off or timed out is still worked on, and would slow down the other side's slice.
    if (result.right + result.wrong < amount) await drain(side, cards);
    const end = result.failed > 0 ? await side.process.endSoon() : side.process.end;
    if (end !== undefined) {
      throw side.process.failure('died-under-load', `the service ${end} under closed load`);
    }
  }
  const of = (side: Side): Throughput => throughputOf(slices[side], load.closed, load.requestTimeoutMs);
  return { base: of('base'), head: of('head') };
}
