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
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: this.#port,
          agent: this.#agent,
          method: spec.method,
          path: spec.path,
          headers,
        },
        (response) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > MAX_ANSWER_BYTES) request.destroy(new Error(`answer over ${MAX_ANSWER_BYTES} bytes`));
            else chunks.push(chunk);
          });
          response.on('error', reject);
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
        },
      );
      // A timer over the whole exchange: a socket timeout alone never ends a service that drips bytes.
      const deadline = setTimeout(
        () => request.destroy(new Error(`no answer within ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      );
      request.on('error', (error) => {
        clearTimeout(deadline);
        reject(error);
      });
      request.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
