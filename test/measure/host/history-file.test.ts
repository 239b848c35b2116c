import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { openHistoryFile } from '../../../src/measure/host/history-file.ts';
import type { HostFacts } from '../../../src/measure/host/host-facts.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perf-ci-history-'));
  path = join(folder, 'deep', 'host-checks.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const facts = (load1: number): HostFacts => ({ cpuCount: 2, lookMs: 500, load1, missing: [] });
const steady = (load1: number) => ({ facts: facts(load1), outcome: 'accepted' as const, steady: true });

it('is empty at first, without trouble', async () => {
  const troubles: string[] = [];

  expect(await openHistoryFile(path, 'a', (what) => troubles.push(what)).steadyChecks()).toEqual([]);
  expect(troubles).toEqual([]);
});

it('gives steady looks of its own machine back, newest first, and leaves no other file behind', async () => {
  const history = openHistoryFile(path, 'a');
  await history.add(steady(1));
  await history.add({ facts: facts(2), outcome: 'refused', steady: false });
  await openHistoryFile(path, 'b').add(steady(3));
  await history.add(steady(4));

  expect(await history.steadyChecks()).toEqual([facts(4), facts(1)]);
  expect(await openHistoryFile(path, 'b').steadyChecks()).toEqual([facts(3)]);
  expect(await readdir(join(folder, 'deep'))).toEqual(['host-checks.json']);
});

it('keeps a bounded number, and compares with fewer', async () => {
  const history = openHistoryFile(path, 'a');
  for (let look = 0; look < 110; look += 1) await history.add(steady(look));

  const kept = JSON.parse(await readFile(path, 'utf8')) as { machines: { a: unknown[] } };
  expect(kept.machines.a).toHaveLength(100);
  const compared = await history.steadyChecks();
  expect(compared.map(({ load1 }) => load1)).toEqual(Array.from({ length: 30 }, (_, index) => 109 - index));
});

it.each([
  ['half a file', '{"version":1,"machines":{"a":[{'],
  ['another version', '{"version":9,"machines":{}}'],
  ['figures that cannot be', '{"version":1,"machines":{"a":[{"facts":{"load1":-1}}]}}'],
  ['nothing', ''],
  ['an endless one', ' '.repeat(2 ** 21)],
])('takes %s for no past, says so once, and begins anew', async (_what, content) => {
  const troubles: string[] = [];
  const flat = join(folder, 'host-checks.json');
  await writeFile(flat, content);
  const history = openHistoryFile(flat, 'a', (what) => troubles.push(what));

  expect(await history.steadyChecks()).toEqual([]);
  await history.add(steady(1));

  expect(troubles).toEqual([expect.stringContaining('could not be understood')]);
  expect(await openHistoryFile(flat, 'a').steadyChecks()).toEqual([facts(1)]);
});

it('goes on where the file cannot be written', async () => {
  const troubles: string[] = [];
  await writeFile(join(folder, 'file'), '');
  const history = openHistoryFile(join(folder, 'file', 'x.json'), 'a', (what) => troubles.push(what));

  await history.add(steady(1));

  expect(troubles).toEqual([expect.stringMatching(/could not be (read|written)/)]);
});
