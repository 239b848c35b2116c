import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { freshDatabase, type TestDatabase } from '../helpers/database.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { type Loop, startFile, startLoop } from '../helpers/whole-loop.ts';

vi.setConfig({ testTimeout: 150_000 });

let database: TestDatabase;
let redis: TestRedis;
let loop: Loop;

beforeAll(async () => {
  database = await freshDatabase();
  redis = await startRedis();
  loop = await startLoop({ databaseUrl: database.connectionString, redisUrl: redis.url });
});

afterAll(async () => {
  await loop?.stop();
  await redis?.remove();
  await database?.drop();
});

it('the loop runs on Redis as it does on Postgres', async () => {
  const number = await loop.propose('on-redis', { 'start.mjs': startFile({ BURN: '1500' }) });

  const { check, result, comments } = await loop.concluded(number);

  expect(result?.kind).toBe('judged');
  expect(check.conclusion).toBe('failure');
  expect(comments).toHaveLength(1);
});

it('a run asked for while Redis is away is measured all the same, because the database is asked too', async () => {
  await redis.kill();
  const number = await loop.propose('without-redis', { 'start.mjs': startFile({ BEHAVIOUR: 'exit' }) });

  const { check } = await loop.concluded(number);

  expect(check.conclusion).toBe('failure');
  await redis.start();
});

it('talks to GitHub as GitHub describes itself', () => {
  expect(loop.github.violations).toEqual([]);
});
