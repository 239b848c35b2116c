import { generateKeyPair, randomInt, createPublicKey } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { AppOptions, GitHubDouble, GitHubDoubleOptions } from './contract.ts';
import { createFaults } from './http/faults.ts';
import type { RequestRecord } from './http/request-log.ts';
import { startServer } from './http/server.ts';
import { createHandle } from './handle/create-handle.ts';
import { allRoutes } from './routes/all.ts';
import { createIds } from './state/ids.ts';
import type { Permissions } from './state/records.ts';
import { type AppRecord, type WorldEvent, createWorld } from './state/world.ts';
import { type Deliveries, createDeliveries } from './webhooks/deliveries.ts';

/** Problems kept from `validate`; one broken view would otherwise fill the memory. */
const VIOLATION_LIMIT = 1_000;
/** How long GitHub waits for a webhook receiver, in milliseconds. */
const WEBHOOK_TIMEOUT_MS = 10_000;

/** What the app asks for: no more than measuring and reporting need. */
const DEFAULT_PERMISSIONS: Permissions = {
  metadata: 'read',
  contents: 'read',
  pull_requests: 'write',
  checks: 'write',
};

async function createApp(options: AppOptions, seed: number): Promise<AppRecord> {
  const ids = createIds(seed);
  const privateKeyPem =
    options.privateKeyPem ??
    (
      await promisify(generateKeyPair)('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      })
    ).privateKey;
  const id = options.id ?? ids.next('app');
  return {
    id,
    slug: options.slug ?? 'perf-ci',
    clientId: `Iv23li${ids.token('').slice(0, 14)}`,
    privateKeyPem,
    publicKey: createPublicKey(privateKeyPem),
    permissions: options.permissions ?? DEFAULT_PERMISSIONS,
    createdAtMs: Date.now(),
  };
}

/**
 * Starts a stateful stand-in for GitHub on 127.0.0.1: REST API, git over HTTP and webhooks, over real bare
 * repositories. It is made for the demo and the tests and trusts the one who drives it.
 */
export async function startGitHubDouble(options: GitHubDoubleOptions): Promise<GitHubDouble> {
  await mkdir(options.folder, { recursive: true });
  const seed = options.seed ?? randomInt(2 ** 31);
  const world = createWorld({ folder: options.folder, seed, app: await createApp(options.app ?? {}, seed) });
  const deliveries: Deliveries = createDeliveries(world, {
    timeoutMs: options.webhookTimeoutMs ?? WEBHOOK_TIMEOUT_MS,
  });
  world.emit = (event: WorldEvent) => {
    // Without an installation, or while it sleeps, an app hears of nothing but its installation.
    const installation = world.installations.get(event.installationId);
    if (event.name === 'installation' || installation?.state === 'active') deliveries.emit(event);
  };
  if (options.webhook !== undefined) deliveries.target(options.webhook);

  const faults = createFaults(world.ids.random('faults'));
  const requests: RequestRecord[] = [];
  const violations: string[] = [];
  const log = options.log ?? (() => {});
  const noteViolations = (found: string[]): void => {
    if (violations.length < VIOLATION_LIMIT) violations.push(...found);
    found.forEach((violation) => log(violation));
  };
  const server = await startServer(
    {
      world,
      routes: allRoutes(deliveries),
      requests,
      drawFault: faults.draw,
      onExchange: (exchange) => noteViolations(options.validate?.(exchange) ?? []),
      onCrash: (description) => noteViolations([`the double itself failed: ${description}`]),
      log,
    },
    options.port ?? 0,
  );
  world.url = server.url;
  return createHandle({ world, deliveries, faults, requests, violations, server });
}
