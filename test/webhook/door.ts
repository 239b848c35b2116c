import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { WebhookDelivery, WebhookOptions } from '../../src/webhook/delivery.ts';
import { webhookRouter } from '../../src/webhook/router.ts';
import type { Payload } from '../fixtures/payloads/payloads.ts';

export const SECRET = 'first secret of the tests';
export const OLD_SECRET = 'second secret of the tests';
export const HOOK = '/webhooks/github';

export interface LogLine {
  level: 'info' | 'warn' | 'error';
  message: string;
  fields: object;
}

export interface Door {
  port: number;
  stored: WebhookDelivery[];
  log: LogLine[];
  close(): Promise<void>;
}

/** The router behind a real HTTP server, with a store that keeps deliveries in a list. */
export async function openDoor(options: Partial<WebhookOptions> = {}): Promise<Door> {
  const stored: WebhookDelivery[] = [];
  const log: LogLine[] = [];
  const note = (level: LogLine['level']) => (fields: object, message: string) => {
    log.push({ level, message, fields });
  };
  const app = express();
  app.use(
    HOOK,
    webhookRouter({
      secrets: [SECRET, OLD_SECRET],
      store: (delivery) => {
        stored.push(delivery);
        return Promise.resolve('stored');
      },
      log: { info: note('info'), warn: note('warn'), error: note('error') },
      ...options,
    }),
  );
  const server = createServer(app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, stored, log, close: () => closeServer(server) };
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

export interface Delivery {
  event?: string;
  payload?: Payload;
  /** Sent instead of the payload's JSON, signed as it is. */
  body?: Buffer | string;
  method?: string;
  path?: string;
  secret?: string;
  /** Added to GitHub's headers; undefined removes one, a list repeats one. */
  headers?: Record<string, string | string[] | undefined>;
}

export interface DoorAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: unknown;
}

/** Posts one delivery as GitHub does: signed, with an id of its own. */
export async function deliver(door: { port: number }, delivery: Delivery): Promise<DoorAnswer> {
  const body = bodyOf(delivery);
  const headers = { ...githubHeaders(delivery, body), ...delivery.headers };
  const sent = httpRequest({
    host: '127.0.0.1',
    port: door.port,
    method: delivery.method ?? 'POST',
    path: delivery.path ?? HOOK,
    headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
    agent: false,
  });
  // The server may close while we still write; what it answered is what counts.
  sent.on('error', () => undefined);
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

export function bodyOf(delivery: Pick<Delivery, 'body' | 'payload'>): Buffer {
  if (delivery.body !== undefined) return Buffer.from(delivery.body as string);
  return Buffer.from(JSON.stringify(delivery.payload ?? {}));
}

export function githubHeaders(delivery: Delivery, body: Buffer): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    'User-Agent': 'GitHub-Hookshot/044aadd',
    'X-GitHub-Delivery': randomUUID(),
    'X-GitHub-Event': delivery.event ?? 'pull_request',
    'X-Hub-Signature-256': sign(body, delivery.secret ?? SECRET),
    'Content-Length': String(body.length),
  };
}

/** Written out here, so that a mistake of the product's own signing cannot hide itself. */
export function sign(body: Buffer, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** The message of a refusal. */
export function messageOf(answer: DoorAnswer): string {
  return (answer.body as { error: { message: string } }).error.message;
}
