import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { canStart, findOnPath, wrapCommand } from '../../src/processes/wrap-command.ts';

const folders: string[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder as the only one on PATH, with programs of these texts. */
function onlyOnPath(programs: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'perf-ci-path-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  vi.stubEnv('PATH', folder);
  return folder;
}

describe('a wrapped command', () => {
  it('ends with its parent where setpriv can see to that', () => {
    onlyOnPath({ setpriv: 'exit 0' });
    const wrapped = wrapCommand(['job', 'a b'], { whenParentDies: 'KILL', cpus: '0,1' });
    expect(wrapped.slice(0, 3)).toEqual(['setpriv', '--pdeathsig', 'KILL']);
    expect(wrapped.slice(3)).toEqual(['taskset', '-c', '0,1', 'job', 'a b']);
  });

  it.each([{}, { setpriv: '[ "$1" != --pdeathsig ]' }])(
    'is started bare where there is no setpriv, or one that cannot (%j)',
    (programs) => {
      onlyOnPath(programs);
      expect(wrapCommand(['job'], { whenParentDies: 'TERM' })).toEqual(['job']);
    },
  );
});

describe('a program', () => {
  it('is looked for on PATH, or where its path leads from the folder it is started in', () => {
    const folder = onlyOnPath({ job: '' });
    writeFileSync(join(folder, 'text'), '');

    expect(findOnPath('job')).toBe(join(folder, 'job'));
    expect(findOnPath('text')).toBeUndefined();
    expect(canStart('job', folder, '/')).toBe(true);
    expect(canStart('./job', '', folder)).toBe(true);
    expect(canStart('./text', '', folder)).toBe(false);
    expect(canStart('./job', folder, '/')).toBe(false);
  });
});
