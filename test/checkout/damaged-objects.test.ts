import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';

import { readFileOfCommit } from '../../src/checkout/blob.ts';
import { exportTree } from '../../src/checkout/export.ts';
import { makeRepository } from '../helpers/repository.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

it('a tree with a missing object is refused, not exported without the file', async () => {
  const repository = makeRepository({ 'kept.txt': 'kept', 'lost.txt': 'lost' });
  cleanups.push(() => repository.remove());
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-checkout-test-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const store = { gitDir: join(repository.path, '.git') };
  const commit = repository.git('rev-parse', 'HEAD').trim();
  const blob = repository.git('rev-parse', 'HEAD:lost.txt').trim();
  await rm(join(store.gitDir, 'objects', blob.slice(0, 2), blob.slice(2)));

  const exported = exportTree(store, commit, join(folder, 'tree'));
  await expect(exported).rejects.toMatchObject({ code: 'objects-damaged', retryable: true });
  await expect(readFileOfCommit(store, commit, 'lost.txt')).rejects.toMatchObject({
    code: 'objects-damaged',
  });
});
