import { App, Octokit } from 'octokit';
import { parseApiUrl } from './api-url.ts';
import { parseAppId, readPrivateKey } from './app-key.ts';
import type { Answer, RawFailure } from './failure.ts';
import { classifyError, classifyMintError, statedWaitMs } from './failure.ts';
import type { RequestKind } from './limiter.ts';
import { createLimiter } from './limiter.ts';

export interface GitHubSettings {
  appId: string | number;
  /** PKCS#1 or PKCS#8. */
  privateKeyPem: string;
  /** REST API root, https; http on loopback only. */
  apiUrl: string;
  /** Version of perf-ci, for the user agent. */
  version: string;
  /** Time for one request, its answer included; default 10 s. */
  timeoutMs?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** The part of octokit's answers that is used here. */
export interface Response<T> {
  data: T;
  headers: Record<string, unknown>;
}

export type Send<T> = (octokit: Octokit) => Promise<Response<T>>;

export interface TokenScope {
  repositoryId: string;
  permissions: Record<string, 'read' | 'write'>;
}

export interface GitHubClient {
  appId: number;
  /**
   * One request as the installation: exactly one HTTP request, besides the one that mints a token when none is
   * cached. Nothing is sent while the installation is rate-limited.
   */
  callAsInstallation<T>(
    installationId: string,
    kind: RequestKind,
    send: Send<T>,
  ): Promise<Answer<Response<T>>>;
  /** One request as the App itself. */
  callAsApp<T>(send: Send<T>): Promise<Answer<Response<T>>>;
  /** A token of its own, not cached and narrower than the cached ones. */
  mintToken(installationId: string, scope: TokenScope): Promise<Answer<string>>;
}

/**
 * Opens the GitHub API as an App. Octokit's retry and throttling plugins are off, because both repeat a POST whose
 * answer was lost and so post twice (probot/probot#921). Octokit's App mints and caches the installation tokens
 * (59 minutes); requests are sent by a plain client, because the App's own repeats them after a 401.
 *
 * @throws PerfCiError `github-api-url`, `github-private-key` or `github-app-id` for settings that cannot work
 */
export function openGitHub(settings: GitHubSettings): GitHubClient {
  const appId = parseAppId(settings.appId);
  const now = settings.now ?? Date.now;
  const limiter = createLimiter(now);
  const Client = Octokit.defaults({
    baseUrl: parseApiUrl(settings.apiUrl),
    userAgent: `perf-ci/${settings.version}`,
    retry: { enabled: false },
    throttle: { enabled: false },
    request: { fetch: fetchWithin(settings.timeoutMs ?? 10_000) },
    log: SILENT,
  });
  const app = new App({
    appId,
    privateKey: readPrivateKey(settings.privateKeyPem),
    Octokit: Client,
    log: SILENT,
  });
  /** Installations whose cached token was refused; the next call mints a new one. */
  const refused = new Set<string>();

  function refuse(key: string, kind: RequestKind, raw: RawFailure): Answer<never> {
    if (raw.kind !== 'rate-limited') return { ok: false, failure: raw };
    const retryAfterMs = limiter.block(key, kind, raw.statedMs);
    return { ok: false, failure: { kind: 'rate-limited', retryAfterMs, message: raw.message } };
  }

  async function mint(installationId: string, options: Record<string, unknown>): Promise<Answer<string>> {
    try {
      const request = { type: 'installation', installationId: Number(installationId), ...options };
      return { ok: true, value: tokenOf(await app.octokit.auth(request)) };
    } catch (error) {
      return refuse(installationId, 'read', classifyMintError(error, now()));
    }
  }

  async function call<T>(
    key: string,
    kind: RequestKind,
    octokit: Octokit,
    send: Send<T>,
  ): Promise<Answer<Response<T>>> {
    try {
      const response = await send(octokit);
      limiter.noteAnswered(key, kind);
      // The last request of the hour succeeds: what follows it would not.
      const exhaustedMs = statedWaitMs(response.headers, now());
      if (exhaustedMs !== undefined) limiter.block(key, kind, exhaustedMs);
      return { ok: true, value: response };
    } catch (error) {
      if (isUnauthorised(error)) refused.add(key);
      return refuse(key, kind, classifyError(error, now()));
    }
  }

  return {
    appId,
    async callAsInstallation(installationId, kind, send) {
      const waitMs = limiter.waitMs(installationId);
      if (waitMs > 0) return stillLimited(installationId, waitMs);
      const token = await mint(installationId, { refresh: refused.delete(installationId) });
      return token.ok ? call(installationId, kind, new Client({ auth: token.value }), send) : token;
    },
    async callAsApp(send) {
      const waitMs = limiter.waitMs(APP_KEY);
      return waitMs > 0 ? stillLimited(APP_KEY, waitMs) : call(APP_KEY, 'read', app.octokit, send);
    },
    async mintToken(installationId, scope) {
      const waitMs = limiter.waitMs(installationId);
      if (waitMs > 0) return stillLimited(installationId, waitMs);
      const repositoryIds = [Number(scope.repositoryId)];
      return mint(installationId, { repositoryIds, permissions: scope.permissions, refresh: true });
    },
  };
}

/** Key of the limiter for requests that belong to no installation. */
const APP_KEY = 'app';

const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Octokit prints to the console by default; every failure is returned to the caller instead. */
function ignore(): void {}

function fetchWithin(timeoutMs: number): typeof fetch {
  return (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(timeoutMs) });
}

function stillLimited(key: string, retryAfterMs: number): Answer<never> {
  const message = `not sent: installation ${key} has to wait for its rate limit`;
  return { ok: false, failure: { kind: 'rate-limited', retryAfterMs, message } };
}

function tokenOf(authentication: unknown): string {
  const { token } = authentication as { token?: unknown };
  if (typeof token !== 'string' || token === '')
    throw new Error('expected an installation token, found none');
  return token;
}

function isUnauthorised(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { status?: unknown }).status === 401;
}
