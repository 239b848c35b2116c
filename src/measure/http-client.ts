import { Agent, request as httpRequest } from 'node:http';

import type { RequestSpec } from '../domain/benchmark.ts';

/** An answer larger than this is a protocol error: it would measure the generator, not the service. */
const MAX_ANSWER_BYTES = 16 * 2 ** 20;

export interface Answer {
  status: number;
  contentType: string;
  body: Buffer;
  /** From handing the request to the socket to the last byte of the answer. */
  latencyMs: number;
}

/** A connection to one service on loopback: one request in flight, kept alive between requests. */
export class ServiceClient {
  readonly #port: number;
  readonly #timeoutMs: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(port: number, timeoutMs: number) {
    this.#port = port;
    this.#timeoutMs = timeoutMs;
  }

  /** Sends `spec`; rejects with an Error naming what went wrong on the wire. Redirects are not followed. */
  send(spec: RequestSpec): Promise<Answer> {
    const payload = spec.body === undefined ? undefined : Buffer.from(spec.body);
    const headers: Record<string, string | number> = { ...spec.headers };
    if (payload !== undefined) headers['content-length'] = payload.length;
    return new Promise((resolve, reject) => {
      const startedMs = performance.now();
      const request = httpRequest({
        host: '127.0.0.1',
        port: this.#port,
        agent: this.#agent,
        method: spec.method,
        path: spec.path,
        headers,
      });
      // A timer over the whole exchange: a socket timeout alone never ends a service that drips bytes. It rejects
      // by itself, since a request whose socket is gone already reports nothing more.
      const deadline = setTimeout(
        () => fail(new Error(`no answer within ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      );
      const fail = (error: Error): void => {
        clearTimeout(deadline);
        reject(error);
        request.destroy();
      };
      request.on('error', fail);
      request.on('upgrade', (_response, socket) => {
        socket.destroy();
        fail(new Error('status 101, which nobody asked for'));
      });
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_ANSWER_BYTES) fail(new Error(`answer over ${MAX_ANSWER_BYTES} bytes`));
          else chunks.push(chunk);
        });
        response.on('error', fail);
        response.on('aborted', () => fail(new Error('the answer was cut off')));
        response.on('end', () => {
          const latencyMs = performance.now() - startedMs;
          clearTimeout(deadline);
          resolve({
            status: response.statusCode ?? 0,
            contentType: response.headers['content-type'] ?? '',
            body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
            latencyMs,
          });
        });
      });
      request.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
