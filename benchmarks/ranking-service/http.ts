import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from './refusal.ts';

/** Largest body that is read, in bytes: hundred times what a request needs. */
export const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * Reads a JSON body.
 * @throws Refusal 413 when it is longer than BODY_LIMIT_BYTES, 400 when it is not JSON or breaks off.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refusal(400, `the body must be JSON; found ${body.length} bytes that do not parse`);
  }
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      // What is too much still has to be taken off the wire, else the caller never reads the answer.
      if (length <= BODY_LIMIT_BYTES) chunks.push(chunk);
      else reject(new Refusal(413, `the body must not exceed ${BODY_LIMIT_BYTES} bytes`));
    });
    request.on('end', () => resolve(Buffer.concat(chunks, length)));
    request.on('error', () => reject(new Refusal(400, 'the body broke off')));
  });
}

/** Answers with a JSON body. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Answers a refusal with its status and message; anything else is our fault, whose details stay inside. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof Refusal) {
    sendJson(response, error.status, { error: error.message }, error.headers);
    return;
  }
  console.error('ranking-service: a request failed:', error);
  sendJson(response, 500, { error: 'the request failed inside the service' });
}
