import type { ChildProcess } from 'node:child_process';
import { type Server, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import express, { type Request, type Response } from 'express';
import { identify } from '../auth/identity.ts';
import type { Exchange } from '../contract.ts';
import type { World } from '../state/world.ts';
import type { Fault } from './faults.ts';
import { serveGitRequest } from './git-router.ts';
import { createPages } from './pages.ts';
import { type RequestRecord, remember } from './request-log.ts';
import { createRateLimits, respond, strikeBefore } from './respond.ts';
import type { Route } from './route.ts';
import { createRouter } from './router.ts';

/** Delay of a slow answer when the fault does not say, in milliseconds. */
const SLOW_MS = 1_000;

export interface ServerTools {
  world: World;
  routes: Route[];
  requests: RequestRecord[];
  drawFault: (method: string, path: string) => Fault | undefined;
  onExchange: (exchange: Exchange) => void;
  /** A mistake of the double itself. */
  onCrash: (description: string) => void;
  log: (line: string) => void;
}

export interface RunningServer {
  url: string;
  stop(): Promise<void>;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Waits that end with the server instead of keeping the process alive. */
function createWaits(): { wait: (delayMs: number) => Promise<void>; clear: () => void } {
  const timers = new Set<NodeJS.Timeout>();
  return {
    wait: (delayMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          timers.delete(timer);
          resolve();
        }, delayMs);
        timers.add(timer);
      }),
    clear: () => timers.forEach((timer) => clearTimeout(timer)),
  };
}

/** Everything that comes before a route: the log, GitHub's headers, faults and git. */
function createFront(
  tools: ServerTools,
  children: Set<ChildProcess>,
  wait: (delayMs: number) => Promise<void>,
) {
  const { world } = tools;
  const limits = createRateLimits();
  return async (request: Request, response: Response, next: () => void): Promise<void> => {
    const { method, path } = request;
    const identity = identify(world, request.headers.authorization);
    const entry: RequestRecord = { method, path, status: 0, at: Date.now(), tokenKind: identity.kind };
    remember(tools.requests, entry);
    response.on('finish', () => {
      entry.status = response.statusCode;
      tools.log(`${method} ${path} ${response.statusCode}`);
    });
    response.locals['identity'] = identity;
    const key =
      identity.kind === 'installation' ? `installation ${identity.token.installationId}` : identity.kind;
    response.set({
      'x-github-request-id': world.ids.requestId(),
      'x-github-media-type': 'github.v3; format=json',
      'x-github-api-version-selected': '2022-11-28',
      ...limits.count(key),
    });
    const fault = tools.drawFault(method, path);
    if (fault !== undefined) {
      response.locals['fault'] = fault;
      if (strikeBefore(fault, request, response)) return;
      // The work is done after the wait, even if the client has given up by then.
      if (fault.kind === 'slow') await wait(fault.durationMs ?? SLOW_MS);
    }
    if (!(await serveGitRequest(world, children, request, response))) next();
  };
}

/** Opens the one port of the double: REST API and git side by side. */
export async function startServer(tools: ServerTools, port: number): Promise<RunningServer> {
  const children = new Set<ChildProcess>();
  const sockets = new Set<Socket>();
  const waits = createWaits();
  const front = createFront(tools, children, waits.wait);
  const onCrash = (error: unknown): void => {
    tools.onCrash(error instanceof Error ? (error.stack ?? error.message) : String(error));
  };
  const app = express().disable('x-powered-by').disable('etag');
  app.use((request, response, next) => {
    front(request, response, next).catch((error: unknown) => {
      onCrash(error);
      response.destroy();
    });
  });
  app.use(createPages(tools.world));
  app.use(
    createRouter(tools.routes, {
      world: tools.world,
      send: respond,
      onExchange: tools.onExchange,
      onCrash,
    }),
  );
  const server = createServer(app);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const url = `http://127.0.0.1:${await listen(server, port)}`;
  return {
    url,
    async stop() {
      waits.clear();
      children.forEach((child) => child.kill());
      // Hanging requests are part of the double's faults: they are cut, not waited for.
      sockets.forEach((socket) => socket.destroy());
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
