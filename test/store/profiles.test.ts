import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import type { ProfileFile } from '../../src/domain/diagnosis.ts';
import { withTransaction } from '../../src/store/pool.ts';
import { profileOf, saveProfiles } from '../../src/store/profiles.ts';
import { claimRun, reapExpiredLeases } from '../../src/store/runs.ts';
import { aPullRequest } from '../helpers/builders.ts';
import { freshDatabase, removeRows, type TestDatabase } from '../helpers/database.ts';
import { leasedRun, letLeaseRunOut } from '../helpers/runs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(() => removeRows(database));
afterAll(() => database.drop());

const file = (changes: Partial<ProfileFile> = {}): ProfileFile => ({
  scenario: 'rank',
  name: 'base',
  format: 'cpuprofile',
  gzip: gzipSync('base'),
  ...changes,
});

test('profiles come back as they were kept, by scenario and name, the last of each', async () => {
  const run = await leasedRun(database.pool, aPullRequest(7).request());
  const difference = file({ name: 'difference', format: 'speedscope', gzip: Buffer.from([0, 255, 7]) });

  expect(await saveProfiles(database.pool, run, [file({ gzip: Buffer.from('old') }), difference])).toBe(true);
  expect(await saveProfiles(database.pool, run, [file(), file({ scenario: 'a\u0000b' })])).toBe(true);

  expect(await profileOf(database.pool, run.id, 'rank', 'base')).toEqual(file());
  expect(await profileOf(database.pool, run.id, 'rank', 'difference')).toEqual(difference);
  expect(await profileOf(database.pool, run.id, 'a\u0000b', 'base')).toMatchObject({ format: 'cpuprofile' });
  expect(await profileOf(database.pool, run.id, 'rank', 'head')).toBeUndefined();
  expect(await profileOf(database.pool, run.id, 'other', 'base')).toBeUndefined();
});

test('a worker without its lease keeps nothing, and an old attempt does not show through a new one', async () => {
  const zombie = await leasedRun(database.pool, aPullRequest(7).request());
  await saveProfiles(database.pool, zombie, [file(), file({ name: 'head' })]);
  await letLeaseRunOut(database.pool, zombie.id);
  expect(await saveProfiles(database.pool, zombie, [file({ gzip: Buffer.from('late') })])).toBe(false);
  await withTransaction(database.pool, (tx) => reapExpiredLeases(tx));
  const next = await claimRun(database.pool, { pool: 'default', workerId: 'worker-2', leaseMs: 60_000 });
  if (next === undefined) throw new Error('the run could not be claimed again');

  expect(await saveProfiles(database.pool, { ...next, runId: next.id }, [file({ name: 'head' })])).toBe(true);

  expect(await profileOf(database.pool, zombie.id, 'rank', 'base')).toBeUndefined();
  expect(await profileOf(database.pool, zombie.id, 'rank', 'head')).toMatchObject({ gzip: file().gzip });
});
