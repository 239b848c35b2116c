import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Loop, startFile, startLoop } from '../helpers/whole-loop.ts';

// A run that cannot be decided takes its whole budget.
vi.setConfig({ testTimeout: 150_000 });

let database: TestDatabase;
let loop: Loop;

beforeAll(async () => {
  database = await freshDatabase();
  loop = await startLoop({
    databaseUrl: database.connectionString,
    redisUrl: process.env['PERF_CI_TEST_REDIS_URL'],
  });
});

afterAll(async () => {
  await loop?.stop();
  await database?.drop();
});

describe('a pull request goes in, a verdict comes out', () => {
  it('calls a head that burns three times the CPU slower, by how much and how sure', async () => {
    const number = await loop.propose('slower', { 'start.mjs': startFile({ BURN: '1500' }) });

    const { run, result, check, comments } = await loop.concluded(number);

    expect(run.state).toBe('done');
    expect(check).toMatchObject({ name: 'perf-ci', conclusion: 'failure' });
    expect(check.title).toMatch(/Slower/);
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).toMatch(/^#+ ❌ Slower: CPU \/ request \+\d/);
    expect(comments[0]?.body).toContain('Answers unchanged');
    if (result?.kind !== 'judged') throw new Error(`expected a verdict, found ${JSON.stringify(result)}`);
    const verdict = result.verdicts.find((candidate) => candidate.metric === 'cpu_per_request');
    expect(verdict).toMatchObject({ verdict: 'regressed', confirmation: { held: true } });
    expect(verdict?.effect).toBeGreaterThan(0.3);
  });

  it('edits the one comment when the head moves on, and concludes the check of each head', async () => {
    const number = await loop.propose('moves-on', { 'start.mjs': startFile({ BURN: '510' }) });
    const first = await loop.concluded(number);

    const headSha = await loop.github.commit(loop.repository, 'moves-on', {
      files: { 'README.md': 'only words\n', 'start.mjs': startFile({ BURN: '500' }) },
    });
    const second = await loop.concluded(number, { headSha });

    expect(second.run.headSha).not.toBe(first.run.headSha);
    expect(second.comments).toHaveLength(1);
    expect(second.comments[0]?.id).toBe(first.comments[0]?.id);
    expect(second.result).toMatchObject({ kind: 'skipped' });
    expect(second.check.conclusion).toBe('success');
  });

  it('says first that answers differ', async () => {
    const number = await loop.propose('other-answers', {
      'start.mjs': startFile({ BEHAVIOUR: 'other', BURN: '500' }),
    });

    const { comments, result } = await loop.concluded(number);

    expect(result?.kind).toBe('judged');
    expect(comments[0]?.body).toMatch(/answers? differ|different/i);
  });
});
