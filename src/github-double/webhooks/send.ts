import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';

/** Most of a receiver's answer that is kept, in bytes. */
const ANSWER_LIMIT = 16 * 1024;

export interface WebhookTarget {
  url: string;
  secret: string;
}

export interface Attempt {
  /** 0 when no answer came. */
  statusCode: number;
  /** Word for the outcome, as GitHub's list of deliveries gives it. */
  status: string;
  durationMs: number;
  requestHeaders: Record<string, string>;
  responseHeaders: Record<string, string>;
  responseBody: string;
}

export interface Envelope {
  guid: string;
  event: string;
  hookId: number;
  appId: number;
  body: string;
}

/** `X-Hub-Signature-256` of a body: HMAC-SHA256 over its bytes, in hex. */
export function signature(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** The headers of a delivery, as GitHub sends them. */
export function deliveryHeaders(envelope: Envelope, secret: string): Record<string, string> {
  return {
    accept: '*/*',
    'content-type': 'application/json',
    'user-agent': `GitHub-Hookshot/${envelope.guid.slice(0, 7)}`,
    'x-github-delivery': envelope.guid,
    'x-github-event': envelope.event,
    'x-github-hook-id': String(envelope.hookId),
    'x-github-hook-installation-target-id': String(envelope.appId),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature': `sha1=${createHmac('sha1', secret).update(envelope.body).digest('hex')}`,
    'x-hub-signature-256': signature(secret, envelope.body),
  };
}

function flatHeaders(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** One POST to the receiver. Resolves whatever happens; redirects are not followed, as on GitHub. */
export function sendDelivery(
  target: WebhookTarget,
  envelope: Envelope,
  options: { agent: Agent; timeoutMs: number },
): Promise<Attempt> {
  const headers = deliveryHeaders(envelope, target.secret);
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const settle = (outcome: Pick<Attempt, 'statusCode' | 'status'>, answer?: Partial<Attempt>): void =>
      resolve({
        ...outcome,
        durationMs: performance.now() - startedMs,
        requestHeaders: headers,
        responseHeaders: answer?.responseHeaders ?? {},
        responseBody: answer?.responseBody ?? '',
      });
    const post = request(target.url, {
      method: 'POST',
      agent: options.agent,
      headers: { ...headers, 'content-length': Buffer.byteLength(envelope.body) },
    });
    const deadline = setTimeout(() => {
      settle({ statusCode: 0, status: 'timed out' });
      post.destroy();
    }, options.timeoutMs);
    post.on('error', () => settle({ statusCode: 0, status: 'failed to connect to host' }));
    post.on('close', () => clearTimeout(deadline));
    post.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body = (body + chunk).slice(0, ANSWER_LIMIT);
      });
      response.on('error', () => settle({ statusCode: 0, status: 'failed to connect to host' }));
      response.on('end', () => {
        const statusCode = response.statusCode ?? 0;
        const status = statusCode >= 200 && statusCode < 300 ? 'OK' : `Invalid HTTP Response: ${statusCode}`;
        settle(
          { statusCode, status },
          { responseHeaders: flatHeaders(response.headers), responseBody: body },
        );
      });
    });
    post.end(envelope.body);
  });
}
