import { type ClientHttp2Session, connect } from 'node:http2';

import {
  type Answer,
  type LoadClient,
  MAX_ANSWER_BYTES,
  singleHeaders,
  timeoutError,
  type WireRequest,
} from './client.ts';

/** Headers of HTTP/1 connections, forbidden in HTTP/2 (RFC 9113, section 8.2.2); Host has become `:authority`. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'host',
]);

/** HTTP/2 with prior knowledge (no TLS, no upgrade) to one service on loopback: one session, many streams. */
export class Http2Client implements LoadClient {
  readonly #port: number;
  readonly #timeoutMs: number;
  readonly #keepAlive: boolean;
  #session: ClientHttp2Session | undefined;

  /** @param keepAlive false: a session of its own for each request */
  constructor(port: number, timeoutMs: number, keepAlive = true) {
    this.#port = port;
    this.#timeoutMs = timeoutMs;
    this.#keepAlive = keepAlive;
  }

  async send(request: WireRequest, timeoutMs = this.#timeoutMs): Promise<Answer> {
    if (this.#keepAlive) {
      if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
        this.#session = this.#connect();
      }
      return await this.#exchange(this.#session, request, timeoutMs);
    }
    const session = this.#connect();
    try {
      return await this.#exchange(session, request, timeoutMs);
    } finally {
      session.destroy();
    }
  }

  close(): void {
    this.#session?.destroy();
  }

  #connect(): ClientHttp2Session {
    const session = connect(`http://127.0.0.1:${this.#port}`, { settings: { enablePush: false } });
    session.on('error', () => {
      // Its streams report it.
    });
    return session;
  }

  #exchange(session: ClientHttp2Session, spec: WireRequest, timeoutMs: number): Promise<Answer> {
    const headers: Record<string, string> = { ':method': spec.method, ':path': spec.path };
    for (const [name, value] of Object.entries(spec.headers)) {
      const lower = name.toLowerCase();
      if (lower === 'host') headers[':authority'] = value;
      else if (!CONNECTION_HEADERS.has(lower)) headers[lower] = value;
    }
    if (spec.body !== undefined) headers['content-length'] = String(spec.body.length);
    return new Promise((resolve, reject) => {
      const startedMs = performance.now();
      const stream = session.request(headers, { endStream: spec.body === undefined });
      const deadline = setTimeout(() => fail(timeoutError(timeoutMs)), timeoutMs);
      const fail = (error: Error): void => {
        clearTimeout(deadline);
        reject(error);
        stream.destroy();
      };
      let answered: NodeJS.Dict<string | string[] | number> | undefined;
      const chunks: Buffer[] = [];
      let bytes = 0;
      stream.on('error', fail);
      stream.on('response', (head) => {
        answered = head;
      });
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) fail(new Error(`answer over ${MAX_ANSWER_BYTES} bytes`));
        else chunks.push(chunk);
      });
      stream.on('aborted', () => fail(new Error('the answer was cut off')));
      let hasEnded = false;
      stream.on('end', () => {
        hasEnded = answered !== undefined && !stream.aborted && stream.rstCode === 0;
        if (!hasEnded || answered === undefined) return;
        const latencyMs = performance.now() - startedMs;
        clearTimeout(deadline);
        const status = Number(answered[':status'] ?? 0);
        const head = singleHeaders(answered);
        resolve({
          status,
          contentType: head['content-type'] ?? '',
          headers: head,
          body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
          bytes,
          latencyMs,
        });
      });
      stream.on('close', () => {
        if (!hasEnded) fail(new Error(`the stream was closed without an answer (code ${stream.rstCode})`));
      });
      if (spec.body !== undefined) stream.end(spec.body);
    });
  }
}
