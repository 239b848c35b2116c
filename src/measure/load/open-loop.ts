import type { GeneratorProof } from '../../domain/trial.ts';
import { isExpected, type LoadClient, type WireRequest } from './client.ts';
import { percentilesOf } from './histogram.ts';
import { GIVE_UP_BEHIND_MS } from './slices.ts';

/** Each is a socket of HTTP/1; a service that is so far behind will not catch up. */
export const MOST_IN_FLIGHT = 2048;
/** Answers must be read between requests, also when all of them are due. */
const SENDS_BETWEEN_BREATHS = 8;
/** A timer of Node may be a little over a millisecond late. */
const TIMER_SLACK_MS = 1.5;
/**
 * A generator keeps up when 99 of 100 requests leave within 2 ms of their time: what two timer ticks cost. With slower
 * services a tenth of the median latency is allowed, since that moves no percentile by more than the figures vary anyway.
 */
const LATE_LIMIT_MS = 2;
const LATE_LIMIT_OF_MEDIAN = 0.1;

/** A request and when it is meant to be sent, in milliseconds from the start. */
export interface Arrival {
  atMs: number;
  request: WireRequest;
}

/** What one run of the generator saw; runs of several slices are joined by {@link joinRuns}. */
export interface OpenRun {
  /** From the intended send time to the last byte; of an error at least the timeout. Milliseconds. */
  latenciesMs: number[];
  /** How much later than intended each request was sent, milliseconds. */
  lateMs: number[];
  offered: number;
  errors: number;
}

export interface OpenOptions {
  timeoutMs: number;
  /** Whether waiting may use up a CPU: only where the generator has one of its own. */
  spin: boolean;
  mostInFlight?: number;
}

/** Waits until `dueMs` of performance.now() without holding up the event loop. */
async function waitUntil(dueMs: number, spin: boolean): Promise<void> {
  for (;;) {
    const leftMs = dueMs - performance.now();
    if (leftMs <= 0) return;
    if (leftMs > TIMER_SLACK_MS) await new Promise((resolve) => setTimeout(resolve, leftMs - TIMER_SLACK_MS));
    else if (spin) await breath();
    else await new Promise((resolve) => setTimeout(resolve, leftMs));
  }
}

function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Sends each request at its time, whether or not earlier ones are answered, and waits for the answers.
 *
 * Latency counts from the time at which a request was meant to be sent: a service that stalls delays what comes after, and a
 * client that waits for it would not notice (G. Tene, "How NOT to Measure Latency", 2013, on coordinated omission). An
 * error counts as an answer that took the whole timeout, so that failing is never faster.
 * What cannot be sent, because too much is in flight or the time is long over, is missing in `lateMs`.
 */
export async function runOpenLoop(
  client: LoadClient,
  arrivals: readonly Arrival[],
  { timeoutMs, spin, mostInFlight = MOST_IN_FLIGHT }: OpenOptions,
): Promise<OpenRun> {
  const run: OpenRun = { latenciesMs: [], lateMs: [], offered: arrivals.length, errors: 0 };
  const inFlight = new Set<Promise<void>>();
  async function send(request: WireRequest, dueMs: number, sentMs: number): Promise<void> {
    try {
      const answer = await client.send(request, timeoutMs);
      if (isExpected(request, answer.status)) {
        run.latenciesMs.push(sentMs + answer.latencyMs - dueMs);
        return;
      }
    } catch {
      // Counted below, whatever it was: what went wrong is told where one request is in flight.
    }
    run.errors += 1;
    run.latenciesMs.push(Math.max(timeoutMs, performance.now() - dueMs));
  }

  const startMs = performance.now();
  let sinceBreath = 0;
  for (const { atMs, request } of arrivals) {
    const dueMs = startMs + atMs;
    if (dueMs > performance.now()) {
      await waitUntil(dueMs, spin);
      sinceBreath = 0;
    } else if (++sinceBreath >= SENDS_BETWEEN_BREATHS) {
      await breath();
      sinceBreath = 0;
    }
    const sentMs = performance.now();
    if (sentMs - dueMs > GIVE_UP_BEHIND_MS) break;
    if (inFlight.size >= mostInFlight) continue;
    run.lateMs.push(sentMs - dueMs);
    const sending = send(request, dueMs, sentMs).finally(() => inFlight.delete(sending));
    inFlight.add(sending);
  }
  await Promise.all(inFlight);
  return run;
}

/** Several runs as one. */
export function joinRuns(runs: readonly OpenRun[]): OpenRun {
  return {
    latenciesMs: runs.flatMap((run) => run.latenciesMs),
    lateMs: runs.flatMap((run) => run.lateMs),
    offered: runs.reduce((sum, run) => sum + run.offered, 0),
    errors: runs.reduce((sum, run) => sum + run.errors, 0),
  };
}

/** {@link percentilesOf} of what may be empty, of which every percentile is 0. */
function percentilesOrZero(valuesMs: readonly number[]): (share: number) => number {
  return valuesMs.length === 0 ? () => 0 : percentilesOf(valuesMs);
}

/** Whether the generator did what it was told; times in milliseconds. */
export function proofOf(run: OpenRun): GeneratorProof {
  const late = percentilesOrZero(run.lateMs);
  const medianMs = percentilesOrZero(run.latenciesMs)(0.5);
  const lateP99Ms = late(0.99);
  const sent = run.lateMs.length;
  const isOnTime = lateP99Ms <= Math.max(LATE_LIMIT_MS, LATE_LIMIT_OF_MEDIAN * medianMs);
  return {
    keptUp: sent > 0 && sent === run.offered && isOnTime,
    offered: run.offered,
    sent,
    lateP99Ms,
    lateMaxMs: late(1),
  };
}
