import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { clip, PerfCiError } from './domain/errors.ts';
import type { ProfileFile } from './domain/diagnosis.ts';
import { FLAME_GRAPHS_CSP, FLAME_GRAPHS_PATH, flameGraphsFolder } from './pages/flame-graphs.ts';
import { HOME } from './pages/home.ts';
import { GET_EXPECTED, INTERNAL, NOT_FOUND, type Problem, UNAVAILABLE } from './pages/problems.ts';
import { isProfileName, profileAnswer } from './pages/profile-file.ts';
import { runPageJson } from './pages/run-json.ts';
import type { RunPageData } from './pages/run-page-data.ts';
import { runPageHtml } from './pages/run-page.ts';
import { isDatabaseAway } from './store/pool.ts';
import type { WebhookLog, WebhookOptions } from './webhook/delivery.ts';
import { webhookRouter } from './webhook/router.ts';

export interface AppDeps {
  webhook: Omit<WebhookOptions, 'log'>;
  /** Names of migrations that this version needs and the database lacks; rejects when the database is away. */
  pendingMigrations: () => Promise<string[]>;
  /** The run with this UUID; undefined when there is none. */
  readRun: (runId: string) => Promise<RunPageData | undefined>;
  /** A profile of the run with this UUID; undefined when there is none of that name. */
  readProfile: (
    runId: string,
    scenario: string,
    name: ProfileFile['name'],
  ) => Promise<ProfileFile | undefined>;
  /**
   * Whether run pages are served. They show names, logs and figures of private repositories to whoever knows the
   * run's UUID, so leave it false where strangers can reach the server, a proxy in front included.
   */
  showRuns: boolean;
  log: WebhookLog;
}

/** Project errors that are not simply internal; what is retryable is 503 anyway. */
const BY_CODE: Readonly<Record<string, { status: number; problem: Problem }>> = {
  'run-unknown': { status: 404, problem: NOT_FOUND },
  'page-unknown': { status: 404, problem: NOT_FOUND },
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const READY_LIMIT_MS = 2_000;

/** The web process as an express app: the door for deliveries, probes, and the pages. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(SECURITY_HEADERS);

  app.use('/webhooks/github', webhookRouter({ ...deps.webhook, log: deps.log }));
  serve(app, '/', (_request, response) => void response.type('html').send(HOME));
  serve(app, '/healthz', (_request, response) => void response.json({ status: 'ok' }));
  serve(app, '/readyz', async (_request, response) => {
    const why = await whyNotReady(deps.pendingMigrations);
    response.status(why === undefined ? 200 : 503);
    response.json(why === undefined ? { status: 'ready' } : { status: 'not ready', why });
  });
  serve(app, '/runs/:id', async (request, response) => {
    const id = String(request.params['id']);
    const data = deps.showRuns && UUID.test(id) ? await deps.readRun(id) : undefined;
    if (data === undefined) throw new PerfCiError('run-unknown', `no run ${clip(id)} to show`);
    response.vary('Accept').set('Cache-Control', 'no-store').set('X-Robots-Tag', 'noindex');
    if (request.accepts(['html', 'json']) === 'json') response.json(runPageJson(data));
    else response.type('html').send(runPageHtml(data));
  });

  serve(app, '/runs/:id/profiles/:scenario/:name', async (request, response) => {
    const { id, scenario, name } = request.params as Record<string, string>;
    const file =
      deps.showRuns && UUID.test(id ?? '') && isProfileName(name ?? '')
        ? await deps.readProfile(id as string, scenario as string, name as ProfileFile['name'])
        : undefined;
    if (file === undefined) throw new PerfCiError('page-unknown', `no profile at ${clip(request.path)}`);
    const { headers, body } = profileAnswer(file, request.acceptsEncodings(['gzip']) === 'gzip');
    response.set(headers).end(request.method === 'HEAD' ? undefined : body);
  });
  if (deps.showRuns) serveFlameGraphs(app);

  app.use((request) => {
    throw new PerfCiError('page-unknown', `no page at ${clip(request.path)}`);
  });
  app.use(errorHandler(deps.log));
  return app;
}

const SECURITY_HEADERS = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
});

/** GET and HEAD at `path`; any other method is 405. */
function serve(app: Express, path: string, handler: RequestHandler): void {
  app
    .route(path)
    .get(handler)
    .all((_request, response) => {
      response.set('Allow', 'GET, HEAD');
      sendProblem(response, 405, GET_EXPECTED);
    });
}

/** Speedscope as it was published, under a policy of its own. */
function serveFlameGraphs(app: Express): void {
  app.use(FLAME_GRAPHS_PATH, (_request, response, next) => {
    response.set('Content-Security-Policy', FLAME_GRAPHS_CSP);
    next();
  });
  app.use(FLAME_GRAPHS_PATH, express.static(flameGraphsFolder(), { maxAge: '1h', dotfiles: 'ignore' }));
}

function sendProblem(response: Response, status: number, problem: Problem): void {
  response.status(status).set('Cache-Control', 'no-store').json({ error: problem });
}

/** Nothing of an error is sent but what its answer says; the rest is for the log. */
function errorHandler(log: WebhookLog): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const { status, problem } = answerTo(error);
    const fields = { method: request.method, path: clip(request.path), status };
    if (status >= 500) log.error({ ...fields, error }, 'request failed');
    else log.info(fields, 'request refused');
    if (status === 503) response.set('Retry-After', '30');
    sendProblem(response, status, problem);
  };
}

/** Errors of rooms know no HTTP; this is where they get their status. */
function answerTo(error: unknown): { status: number; problem: Problem } {
  // Express throws this for a path that does not decode; there is nothing at it.
  if (error instanceof URIError) return { status: 404, problem: NOT_FOUND };
  const known = error instanceof PerfCiError ? BY_CODE[error.code] : undefined;
  if (known !== undefined) return known;
  const away = isDatabaseAway(error) || (error instanceof PerfCiError && error.retryable);
  return away ? { status: 503, problem: UNAVAILABLE } : { status: 500, problem: INTERNAL };
}

async function whyNotReady(pendingMigrations: () => Promise<string[]>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('late')), READY_LIMIT_MS);
  });
  try {
    const pending = await Promise.race([pendingMigrations(), late]);
    return pending.length === 0 ? undefined : `migrations to apply: ${pending.join(', ')}`;
  } catch {
    return 'the database does not answer';
  } finally {
    clearTimeout(timer);
  }
}

export interface ServerOptions extends AppDeps {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** Time for requests in hand at stop; 10 s if not given. */
  graceMs?: number;
  /** Time for the headers of a request; 10 s if not given. */
  headersTimeoutMs?: number;
  /** Time for a whole request; 30 s if not given. */
  requestTimeoutMs?: number;
}

export interface RunningServer {
  url: string;
  /** Takes no new connection, finishes what is in hand, then resolves. */
  stop(): Promise<void>;
}

/**
 * Listens. Time and number limits keep slow and idle senders from holding the server.
 *
 * @throws PerfCiError `cannot-listen` when the address is taken or not ours
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = createServer(
    {
      headersTimeout: options.headersTimeoutMs ?? 10_000,
      requestTimeout: options.requestTimeoutMs ?? 30_000,
      // Longer than the idle time of usual proxies, so that it is they who close first.
      keepAliveTimeout: 65_000,
      // How punctual the two above are; the default is 30 s.
      connectionsCheckingInterval: 1_000,
    },
    createApp(options),
  );
  server.maxHeadersCount = 100;
  server.maxConnections = 1_000;
  server.timeout = 120_000;
  await listen(server, options);

  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return { url: `http://${host}:${port}`, stop: () => stopServer(server, options.graceMs ?? 10_000) };
}

async function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new PerfCiError(
      'cannot-listen',
      `address ${host}:${port} expected to be free and ours, found not`,
      {
        remedy: 'Set HOST and PORT to an address of this machine that nothing else uses.',
        blame: 'usage',
        cause: error,
      },
    );
  }
}

async function stopServer(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
