import type { HttpMethod } from '../../domain/benchmark.ts';

/** An answer larger than this is a protocol error: it would measure the generator, not the service. */
export const MAX_ANSWER_BYTES = 16 * 2 ** 20;

/** One request as it goes over the wire: everything is filled in and encoded. */
export interface WireRequest {
  method: HttpMethod;
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: Buffer;
  /** Statuses that are right answers; undefined: every 2xx. */
  expect?: readonly number[];
}

export interface Answer {
  status: number;
  contentType: string;
  /** By lower-case names; of several with one name the first. */
  headers: Readonly<Record<string, string>>;
  /** The body in the form in which it is compared: of gRPC the message as JSON. */
  readonly body: Buffer;
  /** Length of the body as it was received. */
  bytes: number;
  /** From handing the request to the socket to the last byte of the answer. */
  latencyMs: number;
}

/** A way to talk to one service on loopback. */
export interface LoadClient {
  /**
   * Sends `request`; redirects are not followed. Any number may be in flight.
   * @param timeoutMs over the whole exchange; default is the client's own
   * @returns the answer, whatever its status
   * @throws Error that names what went wrong on the wire; `no answer within …` when time ran out
   */
  send(request: WireRequest, timeoutMs?: number): Promise<Answer>;
  close(): void;
}

/** Whether `status` is a right answer to `request`. */
export function isExpected(request: Pick<WireRequest, 'expect'>, status: number): boolean {
  return request.expect === undefined ? status >= 200 && status <= 299 : request.expect.includes(status);
}

/** How a late answer is named; what it says is what {@link isTimeout} looks for. */
export function timeoutError(timeoutMs: number): Error {
  return new Error(`no answer within ${timeoutMs} ms`);
}

export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('no answer within');
}

/** Headers of Node as single texts; HTTP/2 has its status among them, as a number. */
export function singleHeaders(headers: NodeJS.Dict<string | string[] | number>): Record<string, string> {
  const single: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) single[name] = String(first);
  }
  return single;
}
