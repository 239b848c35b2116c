import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GitHubSettings } from '../../../src/github/client.ts';
import { openGitHub } from '../../../src/github/client.ts';
import { createWrites } from '../../../src/github/writes.ts';
import type { GitHubDouble } from '../../../src/github-double/contract.ts';
import { startGitHubDouble } from '../../../src/github-double/start.ts';
import type { OutboxPort } from '../../../src/report/ports.ts';
import type { Reporter, ReporterOptions } from '../../../src/report/reporter-loop.ts';
import { startReporter } from '../../../src/report/reporter-loop.ts';
import * as store from '../../../src/store/outbox.ts';
import { aPullRequest } from '../../helpers/builders.ts';
import type { TestDatabase } from '../../helpers/database.ts';
import { freshDatabase, removeRows } from '../../helpers/database.ts';
import { queuedRun } from '../../helpers/runs.ts';

export const MARKER_KEY = 'a key of this installation of perf-ci';
const REPOSITORY = 'acme/ranking';

export interface Reporting {
  database: TestDatabase;
  double: GitHubDouble;
  /** Numbers of the open pull requests. */
  pulls: number[];
  outbox: OutboxPort;
  /** Level, fields and message of what was logged. */
  logged: { level: string; fields: object; message: string }[];
  /** Sets what the comment of a pull request should say. */
  wishComment(pull: number, body: string): Promise<void>;
  /** Sets the check of the newest run of a pull request. */
  wishCheck(pull: number, more?: object): Promise<void>;
  start(options?: Partial<ReporterOptions>, github?: Partial<GitHubSettings>): Reporter;
  /** Resolves when every row of the outbox is in one of these states and no recheck is open. */
  settled(...states: string[]): Promise<void>;
  /** First lines of the comments that our App wrote on a pull request. */
  ours(pull: number): string[];
  /** Back to no comments, checks, faults, rows and reporters. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** A real outbox on one side, a GitHub double with `count` pull requests on the other. */
export async function openReporting(count: number): Promise<Reporting> {
  const database = await freshDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-report-'));
  const double = await startGitHubDouble({ folder, seed: 11 });
  double.addUser('ada');
  const repository = await double.createRepository(REPOSITORY, { files: { 'a.txt': '0' } });
  double.setPermission(repository, 'ada', 'write');
  const heads = new Map<number, string>();
  for (let index = 1; index <= count; index += 1) {
    await double.commit(repository, `topic-${index}`, { files: { 'a.txt': String(index) } });
    const head = { head: `topic-${index}`, base: 'main', title: 'T', author: 'ada' };
    const { number, headSha } = await double.openPullRequest(repository, head);
    heads.set(number, headSha);
  }
  const { pool } = database;
  const reporters: Reporter[] = [];
  const logged: Reporting['logged'] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, fields, message });

  const outbox: OutboxPort = {
    takeOutboxItem: (claim) => store.takeOutboxItem(pool, claim),
    markSent: (item, sent) => store.markSent(pool, item, sent),
    markUnknown: (item, why) => store.markUnknown(pool, item, why),
    markRetry: (item, why) => store.markRetry(pool, item, why),
    markDead: (item, error) => store.markDead(pool, item, error),
    takeRecheck: (claimMs) => store.takeRecheck(pool, claimMs),
    finishRecheck: (outboxId, externalId) => store.finishRecheck(pool, outboxId, externalId),
  };

  async function wish(
    pull: number,
    kind: 'comment' | 'check',
    desired: (runId: string) => object,
  ): Promise<void> {
    const run = await queuedRun(
      pool,
      aPullRequest(pull)
        .inRepository(String(repository.id), REPOSITORY)
        .with({ installationId: String(repository.installationId), headSha: heads.get(pull) ?? '' })
        .request(),
    );
    await store.putDesired(pool, {
      kind,
      installationId: run.installationId,
      repoId: run.repoId,
      repoFullName: run.repoFullName,
      slot: kind === 'comment' ? `pull/${pull}` : `run/${run.id}`,
      runId: run.id,
      sourceSequence: run.sequence,
      desired: desired(run.id),
    });
  }

  return {
    database,
    double,
    pulls: [...heads.keys()],
    outbox,
    logged,
    wishComment: (pull, body) => wish(pull, 'comment', () => ({ body })),
    wishCheck: (pull, more = {}) =>
      wish(pull, 'check', (externalId) => ({
        name: 'perf-ci',
        headSha: heads.get(pull),
        status: 'queued',
        title: 'Queued',
        summary: 'soon',
        externalId,
        ...more,
      })),
    start(options = {}, github = {}) {
      const client = openGitHub({
        appId: double.app.id,
        privateKeyPem: double.app.privateKeyPem,
        apiUrl: double.url,
        version: '0.1.0',
        timeoutMs: 500,
        ...github,
      });
      const reporter = startReporter({
        outbox,
        writes: createWrites(client),
        identity: { appId: String(client.appId) },
        markerKey: MARKER_KEY,
        log: { info: log('info'), warn: log('warn'), error: log('error') },
        name: `reporter-${reporters.length}`,
        pollMs: 20,
        claimMs: 5_000,
        lookAgainAfterMs: 60,
        firstRetryMs: 20,
        recheckAfterMs: 30,
        spacingMs: 0,
        ...options,
      });
      reporters.push(reporter);
      return reporter;
    },
    async settled(...states) {
      for (;;) {
        const { rows } = await pool.query<{ open: number }>(
          `select count(*)::int as open from outbox
           where not (state = any($1)) or recheck_at is not null`,
          [states],
        );
        if (rows[0]?.open === 0) return;
        await sleep(20);
      }
    },
    ours: (pull) =>
      double
        .comments(REPOSITORY, pull)
        .filter(({ viaApp }) => viaApp)
        .map(({ body }) => body.split('\n')[0] ?? ''),
    async reset() {
      await Promise.all(reporters.splice(0).map((reporter) => reporter.stop()));
      double.faults.clear();
      for (const pull of heads.keys()) {
        for (const { id } of double.comments(REPOSITORY, pull)) double.deleteComment(id, 'ada');
      }
      logged.length = 0;
      await removeRows(database);
    },
    async close() {
      await Promise.all(reporters.map((reporter) => reporter.stop()));
      await double.stop();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
