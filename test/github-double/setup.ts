import { createHmac } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Octokit } from 'octokit';
import { afterAll, beforeAll, expect } from 'vitest';
import type { GitHubDouble, GitHubDoubleOptions } from '../../src/github-double/contract.ts';
import { startGitHubDouble } from '../../src/github-double/start.ts';
import { checkAgainstDescription } from './openapi-check.ts';

export const SECRET = "it's a secret to everybody";

/** Octokit with its own retries and waits switched off, so that every answer is seen as it is. */
export function octokitFor(baseUrl: string): typeof Octokit {
  return Octokit.defaults({ baseUrl, throttle: { enabled: false }, retry: { enabled: false } });
}

export function appFor(double: GitHubDouble, privateKey = double.app.privateKeyPem): App {
  return new App({
    appId: double.app.id,
    privateKey,
    webhooks: { secret: SECRET },
    Octokit: octokitFor(double.url),
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
}

/** An octokit that carries any token, or none. */
export function octokitWith(double: GitHubDouble, token?: string): Octokit {
  const Client = octokitFor(double.url);
  return new Client(token === undefined ? {} : { auth: token });
}

/** What a request ended with: its status, and the message of a refusal. */
export async function outcome(
  request: Promise<{ status: number }>,
): Promise<{ status: number; message: string }> {
  try {
    return { status: (await request).status, message: '' };
  } catch (error) {
    const { status = 0, message = '' } = error as { status?: number; message?: string };
    return { status, message };
  }
}

export interface Received {
  headers: IncomingHttpHeaders;
  event: string;
  payload: Record<string, unknown>;
  isSignatureRight: boolean;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** `event.action` in the order of arrival. */
  names(): string[];
  answerWith(status: number): void;
  stop(): Promise<void>;
}

/** A webhook receiver that checks signatures by itself and keeps what came. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let status = 202;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const wanted = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
      received.push({
        headers: request.headers,
        event: String(request.headers['x-github-event']),
        payload: JSON.parse(body.toString('utf8')) as Record<string, unknown>,
        isSignatureRight: request.headers['x-hub-signature-256'] === wanted,
      });
      response.writeHead(status).end('noted');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/webhooks/github`,
    received,
    names: () =>
      received.map(({ event, payload: { action } }) =>
        typeof action === 'string' ? `${event}.${action}` : event,
      ),
    answerWith: (next) => void (status = next),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A new empty folder; `remove` takes it away. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'github-double-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * One double for a test file, with every answer held against GitHub's description; the file fails when one did not
 * match. Read `current.double` inside tests.
 */
export function useDouble(options: Partial<GitHubDoubleOptions> = {}): { double: GitHubDouble } {
  const current = {} as { double: GitHubDouble };
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
    current.double = await startGitHubDouble({
      folder: folder.path,
      seed: 1,
      validate: checkAgainstDescription,
      ...options,
    });
  });
  afterAll(async () => {
    const { violations } = current.double;
    await current.double.stop();
    await folder.remove();
    expect(violations).toEqual([]);
  });
  return current;
}

const run = promisify(execFile);

/** git in a folder, with no settings of the host; rejects with git's own words. */
export async function git(folder: string, ...args: string[]): Promise<string> {
  const identity = ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.invalid'];
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
  };
  const { stdout } = await run('git', [...identity, ...args], { cwd: folder, env });
  return stdout.trim();
}

/** The same address with a token in it, as people put it into a remote. */
export function withToken(cloneUrl: string, token: string): string {
  return cloneUrl.replace('://', `://x-access-token:${token}@`);
}
