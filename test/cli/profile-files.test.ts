import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { writeProfiles } from '../../src/cli/profile-files.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'profile-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('writes profiles as the tools that open them want them, into a folder that may not be there yet', async () => {
  const target = join(folder, 'new');
  const paths = await writeProfiles(target, [
    { scenario: 'rank', name: 'head', format: 'cpuprofile', gzip: gzipSync('{"nodes":[]}') },
    { scenario: 'rank', name: 'difference', format: 'speedscope', gzip: gzipSync('{}') },
  ]);

  expect(paths).toEqual([
    join(target, 'rank-head.cpuprofile'),
    join(target, 'rank-difference.speedscope.json'),
  ]);
  expect(readFileSync(paths[0] as string, 'utf8')).toBe('{"nodes":[]}');
});

it('keeps a scenario with any name inside the folder', async () => {
  await writeProfiles(folder, [
    { scenario: '../../etc/passwd', name: 'base', format: 'cpuprofile', gzip: gzipSync('{}') },
  ]);

  expect(readdirSync(folder)).toEqual(['-etc-passwd-base.cpuprofile']);
});
