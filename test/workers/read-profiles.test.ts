import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

import { MAX_PROFILE_BYTES } from '../../src/diagnose/cpuprofile.ts';
import { readSides } from '../../workers/read-profiles.ts';

const folder = mkdtempSync(join(tmpdir(), 'perf-ci-read-profiles-'));
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

/** What a runner says of as many profiles of the base as are there, and one of the head. */
function read(base = 1): ReturnType<typeof readSides> {
  const roots = { base: '/s0', head: '/s1' };
  const files = { base, head: 1 };
  return readSides({ state: 'profiled', profiler: 'perf', requests: 1, files, roots }, folder);
}

describe('the profiles that a runner left', () => {
  beforeEach(() => {
    for (const name of ['base-0.profile', 'base-1.profile', 'head-0.profile']) {
      rmSync(at(name), { force: true });
      writeFileSync(at(name), '1 1000\n    12 main (/s0/srv)\n\n');
    }
  });

  it('are read, several of one side', async () => {
    const { base, head } = await read(2);
    expect([base.tree.children.size, head.tree.children.size]).toEqual([1, 1]);
  });

  it('are not waited for where one is a pipe', async () => {
    rmSync(at('base-0.profile'));
    execFileSync('mkfifo', [at('base-0.profile')]);
    await expect(read()).rejects.toThrow(/no file/);
  });

  it('are not read by way of a link', async () => {
    rmSync(at('base-0.profile'));
    symlinkSync(at('head-0.profile'), at('base-0.profile'));
    await expect(read()).rejects.toThrow(/ELOOP/);
  });

  it('have one limit for all files of a side', async () => {
    truncateSync(at('base-1.profile'), MAX_PROFILE_BYTES);
    await expect(read(2)).rejects.toThrow(/too large/);
  });
});
