import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Finding } from '../../src/cli/findings.ts';
import type { AppOptions } from '../../src/github-double/contract.ts';
import { startGitHubDouble } from '../../src/github-double/start.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { perfCi } from './helpers.ts';

let folder: string;
let database: TestDatabase;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'perf-ci-doctor-'));
  database = await freshDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function doctor(env: Record<string, string>): Promise<{ code: number; findings: Finding[] }> {
  const { code, stdout } = await perfCi(['doctor', '--json'], {
    env: { PERF_CI_DATA_DIR: join(folder, 'data'), ...env },
  });
  return { code, findings: JSON.parse(stdout) as Finding[] };
}

const named = (findings: readonly Finding[], name: string): Finding[] =>
  findings.filter((finding) => finding.name === name);

/** What the doctor finds about an App that has these permissions at the double. */
async function examineApp(permissions: AppOptions['permissions']): Promise<Finding[]> {
  const github = await startGitHubDouble({
    folder: join(folder, 'github'),
    seed: 1,
    app: permissions === undefined ? {} : { permissions },
  });
  const keyFile = join(folder, 'app.pem');
  writeFileSync(keyFile, github.app.privateKeyPem);
  try {
    const { findings } = await doctor({
      DATABASE_URL: database.connectionString,
      GITHUB_API_URL: github.url,
      GITHUB_APP_ID: String(github.app.id),
      GITHUB_PRIVATE_KEY_FILE: keyFile,
    });
    return findings.filter(({ name }) => /App/.test(name));
  } finally {
    await github.stop();
  }
}

describe('perf-ci doctor', () => {
  it('looks at everything, with a private Postgres when no other is named', async () => {
    const { code, findings } = await doctor({});

    expect(findings.map(({ name }) => name)).toEqual([
      'Node',
      'git',
      'CPUs',
      'pinning',
      'CPU time',
      'huge pages',
      'clean-up',
      'closer look',
      'sandbox',
      'load',
      'disk',
      'database',
      'queue',
      'GitHub App',
      'webhook secret',
    ]);
    expect(named(findings, 'git')[0]?.state).toBe('ok');
    expect(named(findings, 'database')).toMatchObject([
      {
        state: 'warn',
        found: expect.stringMatching(/^private Postgres, Postgres 1\d.*migrations to apply$/),
        todo: 'perf-ci migrate, or perf-ci up',
      },
    ]);
    expect(named(findings, 'queue')).toEqual([
      { name: 'queue', state: 'ok', found: 'postgres, 0 jobs waiting for pool default' },
    ]);
    expect(named(findings, 'GitHub App')).toMatchObject([{ state: 'warn', found: 'not configured' }]);
    expect(named(findings, 'webhook secret')).toMatchObject([{ state: 'warn', found: 'not configured' }]);
    for (const { state, todo } of findings) expect(todo === undefined).toBe(state === 'ok');
    expect(code).toBe(findings.some(({ state }) => state === 'missing') ? 3 : 0);
  });

  it('tells of database and queue also where DATABASE_URL is wrong', async () => {
    const { code, findings } = await doctor({ DATABASE_URL: 'postgresql://ada:hunter2@127.0.0.1:9/perf' });

    expect(named(findings, 'database')).toMatchObject([
      { state: 'missing', found: expect.stringContaining('ECONNREFUSED') },
    ]);
    expect(named(findings, 'queue')).toEqual([
      {
        name: 'queue',
        state: 'missing',
        found: 'unknown: it lives in the database, which does not answer',
        todo: 'see the database',
      },
    ]);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
    expect(code).toBe(3);
  });

  it.each([
    ['short', 'warn', '5 characters'],
    ['0123456789abcdefghijk', 'ok', 'set'],
    ['0123456789abcdefghijk 0123456789abcdefghijk-2', 'ok', 'two are valid: a change is under way'],
  ])('has an opinion on the webhook secret %j', async (secret, state, found) => {
    const env = { DATABASE_URL: database.connectionString, GITHUB_WEBHOOK_SECRET: secret };
    const { findings } = await doctor(env);

    expect(named(findings, 'webhook secret')).toMatchObject([{ state, found }]);
    expect(named(findings, 'database')).toMatchObject([{ state: 'ok' }]);
    expect(JSON.stringify(findings)).not.toContain(secret);
  });
});

describe('the GitHub App', () => {
  it('is right with the permissions that are needed and no more', async () => {
    const needed = { metadata: 'read', contents: 'read', pull_requests: 'write', checks: 'write' } as const;

    expect(await examineApp(needed)).toMatchObject([
      { name: 'GitHub App', state: 'ok', found: expect.stringContaining(' at http://127.0.0.1:') },
      { name: 'App permissions', state: 'ok' },
      { name: 'App events', state: 'ok' },
    ]);
  });

  it('lacks permissions, and has some that nobody needs', async () => {
    const permissions = {
      metadata: 'read',
      contents: 'read',
      checks: 'read',
      administration: 'write',
    } as const;

    expect(await examineApp(permissions)).toMatchObject([
      { name: 'GitHub App', state: 'ok' },
      { name: 'App permissions', state: 'missing', found: 'without pull_requests: write, checks: write' },
      { name: 'App permissions', state: 'warn', found: 'more than needed: administration' },
      { name: 'App events', state: 'ok' },
    ]);
  });

  it('is missing when GitHub does not know its key', async () => {
    const github = await startGitHubDouble({ folder: join(folder, 'other-github'), seed: 2 });
    const other = await startGitHubDouble({ folder: join(folder, 'another-github'), seed: 3 });
    const keyFile = join(folder, 'wrong.pem');
    writeFileSync(keyFile, other.app.privateKeyPem);

    const { code, findings } = await doctor({
      DATABASE_URL: database.connectionString,
      GITHUB_API_URL: github.url,
      GITHUB_APP_ID: String(github.app.id),
      GITHUB_PRIVATE_KEY_FILE: keyFile,
    });
    await Promise.all([github.stop(), other.stop()]);

    expect(named(findings, 'GitHub App')).toMatchObject([{ state: 'missing' }]);
    expect(code).toBe(3);
  });
});
