import autocannon from 'autocannon';

import { isExpected, type WireRequest } from './client.ts';
import { type ClosedLoop, type LoopResult, mostFailures } from './closed-loop.ts';

/**
 * A closed loop by autocannon's API, one connection for each of `lists`. Of its result only what it counted is used:
 *
 * - Its latency histogram holds whole milliseconds, rounded down: the ranking service's 1.13 ms is printed as 0.62, and an
 *   answer within 0.8 ms has no latency at all. Time here is our own clock, from `start` to the last `response`.
 * - Its rate mode (`connectionRate`, `overallRate`) is no open loop: each connection sends its share of a second at once and
 *   pauses, so that 400 requests a second wait six to eight times as long as they would if they came evenly. Its correction
 *   for that takes 1 ms for the interval, whatever the rate. The open loop (open-loop.ts) is our own.
 * - It ends on a tick of `sampleInt`, 1 s by default, and counts `sent` over: hence 10 ms, and our own counts.
 */
export async function runAutocannon(
  port: number,
  lists: readonly (readonly WireRequest[])[],
  { amount, connections, limitMs, timeoutMs }: ClosedLoop,
): Promise<LoopResult> {
  let right = 0;
  let wrong = 0;
  let startedMs = performance.now();
  let endedMs = startedMs;
  let connection = 0;
  let sent = 0;
  let isLimited = false;
  const bailout = mostFailures({ connections });
  const hasOwnStatuses = lists.some((list) => list.some(({ expect }) => expect !== undefined));
  const count = (request: Pick<WireRequest, 'expect'>, status: number): void => {
    if (isExpected(request, status)) right += 1;
    else wrong += 1;
  };
  const options: autocannon.Options = {
    url: `http://127.0.0.1:${port}`,
    connections: lists.length,
    amount,
    timeout: Math.ceil(timeoutMs / 1000),
    bailout,
    sampleInt: 10,
    setupClient: (client) => {
      // Its types leave this event out.
      (client as NodeJS.EventEmitter).on('request', () => {
        sent += 1;
      });
      const list = lists[connection++ % lists.length] ?? [];
      client.setRequests(
        list.map((request) => ({
          method: request.method,
          path: request.path,
          headers: { ...request.headers },
          ...(request.body === undefined ? {} : { body: request.body }),
          ...(hasOwnStatuses ? { onResponse: (status: number) => count(request, status) } : {}),
        })),
      );
    },
  };
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(options, (error: Error | null, ended) => {
      clearTimeout(limit);
      if (error) reject(error);
      else resolve(ended);
    });
    const limit = setTimeout(() => {
      isLimited = true;
      instance.stop();
    }, limitMs);
    instance.on('start', () => {
      startedMs = performance.now();
    });
    instance.on('response', (_client, status) => {
      endedMs = performance.now();
      if (!hasOwnStatuses) count({}, status);
    });
  });
  // It forgets a request whose connection was closed: what was sent and is missing at the end got no answer. Where the loop
  // was cut off, the last request of each connection may only have had no time for one.
  const isCutOff = isLimited || result.errors >= bailout;
  const failed = Math.max(result.errors, sent - right - wrong - (isCutOff ? lists.length : 0));
  return { right, wrong, failed, wallMs: Math.max(endedMs - startedMs, 0) };
}
