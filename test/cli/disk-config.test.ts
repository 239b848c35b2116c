import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { configOfDisk } from '../../src/cli/disk-config.ts';
import { starterConfig } from '../../src/project-config/starter.ts';
import { perfCi } from './helpers.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perf-ci-disk-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function messageFor(name: string): Promise<string | undefined> {
  const parsed = await configOfDisk(join(folder, name));
  return parsed.ok === false ? parsed.problems[0]?.message : String(parsed.ok);
}

describe('a configuration on disk', () => {
  it('is read with the files beside it', async () => {
    writeFileSync(join(folder, 'perf-ci.yml'), starterConfig());

    expect(await messageFor('perf-ci.yml')).toBe('true');
  });

  it('is absent, also below a file', async () => {
    writeFileSync(join(folder, 'file'), '');

    expect(await messageFor('perf-ci.yml')).toBe('absent');
    expect(await messageFor('file/perf-ci.yml')).toBe('absent');
  });

  it('is called by its kind when it is no file, and not opened', async () => {
    mkdirSync(join(folder, 'folder'));
    symlinkSync('/etc/passwd', join(folder, 'link'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));

    expect(await messageFor('folder')).toMatch(/found a directory$/);
    expect(await messageFor('link')).toMatch(/found a symbolic link$/);
    expect(await messageFor('socket')).toMatch(/found a special file \(mode 010000\)$/);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('perf-ci config check', () => {
  it('accepts the example', async () => {
    writeFileSync(join(folder, 'perf-ci.yml'), starterConfig());

    const { code, stdout } = await perfCi(['config', 'check'], { cwd: folder });

    expect(stdout).toMatch(/^perf-ci\.yml is right: \d+ scenarios?, \d+ of them gating\n$/);
    expect(code).toBe(0);
  });

  it('tells place, key and the nearest known key of every mistake, with exit code 3', async () => {
    writeFileSync(join(folder, 'mine.yml'), 'version: 1\nservice:\n  strat: [node, a.mjs]\nscenarois: []\n');

    const { code, stdout, stderr } = await perfCi(['config', 'check', 'mine.yml'], { cwd: folder });

    expect(stderr).toMatch(/^mine\.yml:3:3 .*strat.*did you mean "start"/m);
    expect(stderr).toMatch(/^mine\.yml:4:1 .*scenarois.*did you mean "scenarios"/m);
    expect([code, stdout]).toEqual([3, '']);
  });
});
