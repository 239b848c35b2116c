import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Problem } from './problem.ts';

export interface Answer {
  status: number;
  body: object;
  headers?: Record<string, string>;
}

const RETRY_AFTER_SECONDS = '30';
const LINGER_MS = 500;

/** A refusal as an answer; 503 says when to come again, 405 what is allowed. */
export function problemAnswer(problem: Problem): Answer {
  const { status, code, message, remedy } = problem;
  const headers: Record<string, string> = {};
  if (status === 503) headers['Retry-After'] = RETRY_AFTER_SECONDS;
  if (status === 405) headers['Allow'] = 'POST';
  return { status, body: { error: { code, message, remedy } }, headers };
}

/**
 * Sends `answer` as JSON. When the body has not been read to its end, the connection is closed: at once after
 * the last byte, or after half a second of throwing bytes away. Closing while bytes still arrive would reset the
 * connection, and the sender would never read the reason.
 */
export function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const text = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    ...answer.headers,
    ...(request.complete ? {} : { Connection: 'close' }),
  });
  if (request.complete) {
    response.end(text);
    return;
  }

  response.write(text);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
  };
  request.once('end', finish).once('close', finish).resume();
}
