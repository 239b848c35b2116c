import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readJson, sendError, sendJson } from './http.ts';
import { createRanker, type Ranker } from './rank.ts';
import { Refusal } from './refusal.ts';
import { parseRankRequest } from './request.ts';
import { readSettings } from './settings.ts';
import { FULL_SIZE } from './corpus.ts';
import { readFeatureTables } from './feature-tables.ts';

const HOST = '127.0.0.1';
const STOP_DEADLINE_MS = 2_000;

type Handler = (ranker: Ranker, request: IncomingMessage) => Promise<unknown>;

const ROUTES: Readonly<Record<string, { method: string; handle: Handler }>> = {
  '/healthz': { method: 'GET', handle: async () => ({ status: 'ok' }) },
  '/rank': {
    method: 'POST',
    handle: async (ranker, request) =>
      ranker.rank(parseRankRequest(await readJson(request), ranker.corpus.users.count)),
  },
};

async function answer(server: Server, ranker: Ranker, request: IncomingMessage, response: ServerResponse) {
  try {
    const path = request.url!.split('?', 1)[0]!;
    const route = Object.hasOwn(ROUTES, path) ? ROUTES[path]! : undefined;
    if (!route) throw new Refusal(404, `no such path; there are ${Object.keys(ROUTES).join(', ')}`);
    if (request.method !== route.method) {
      throw new Refusal(405, `${path} takes ${route.method} only`, { allow: route.method });
    }
    const body = await route.handle(ranker, request);
    closeWhenStopping(server, response);
    sendJson(response, 200, body);
  } catch (error) {
    closeWhenStopping(server, response);
    sendError(response, error);
  }
}

function start(): Server {
  const { port, seed, features } = readSettings(process.env);
  const tables = features === undefined ? undefined : readFeatureTables(features, FULL_SIZE.items);
  const ranker = createRanker(seed, FULL_SIZE, tables);
  const server = createServer((request, response) => void answer(server, ranker, request, response));
  // A caller may pause between its warm-up and its measurement without losing the connection.
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 30_000;
  server.on('error', fail);
  // Listening comes last, so that whoever gets a connection gets an answer.
  server.listen(port, HOST, () => {
    const { port: taken } = server.address() as AddressInfo;
    console.log(
      `ranking-service: ${ranker.corpus.catalogue.count} items, listening on http://${HOST}:${taken}`,
    );
  });
  return server;
}

function closeWhenStopping(server: Server, response: ServerResponse) {
  if (!server.listening) response.setHeader('connection', 'close');
}

// Idle connections close at once, busy ones after their answer; then nothing keeps Node alive.
function stop(server: Server) {
  server.close();
  setTimeout(() => server.closeAllConnections(), STOP_DEADLINE_MS).unref();
}

function fail(error: unknown) {
  console.error(`ranking-service: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

try {
  const server = start();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(server));
} catch (error) {
  fail(error);
}
