import { Agent, request as httpRequest } from 'node:http';

import {
  type Answer,
  type LoadClient,
  MAX_ANSWER_BYTES,
  singleHeaders,
  timeoutError,
  type WireRequest,
} from './client.ts';

export type { Answer } from './client.ts';

export interface Http1Options {
  /** False: a new connection for each request. Default true. */
  keepAlive?: boolean;
  /** Most connections at a time; further requests wait for one. Default 1. */
  maxConnections?: number;
}

/** HTTP/1.1 to one service on loopback. */
export class ServiceClient implements LoadClient {
  readonly #port: number;
  readonly #timeoutMs: number;
  readonly #agent: Agent;

  constructor(port: number, timeoutMs: number, { keepAlive = true, maxConnections = 1 }: Http1Options = {}) {
    this.#port = port;
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({ keepAlive, maxSockets: maxConnections, maxFreeSockets: maxConnections });
  }

  send(spec: WireRequest, timeoutMs = this.#timeoutMs): Promise<Answer> {
    const headers: Record<string, string | number> = { ...spec.headers };
    if (spec.body !== undefined) headers['content-length'] = spec.body.length;
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
      const deadline = setTimeout(() => fail(timeoutError(timeoutMs)), timeoutMs);
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
            headers: singleHeaders(response.headers),
            body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
            bytes,
            latencyMs,
          });
        });
      });
      request.end(spec.body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
