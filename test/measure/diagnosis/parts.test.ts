import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

import { diagnosisAnswer } from '../../../src/measure/diagnosis/answer.ts';
import { totalOf, underCallgrind } from '../../../src/measure/diagnosis/callgrind.ts';
import { perfEvent, PerfRecording } from '../../../src/measure/diagnosis/profile-perf.ts';
import { programOf } from '../../../src/measure/diagnosis/program.ts';
import { rootOf } from '../../../src/measure/diagnosis/started-sides.ts';
import { diagnose } from '../../../workers/diagnose-run.ts';
import { cpuVerdict, slowFunctionConfig, slowFunctionSlots } from './sides.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe('the program of a start command', () => {
  it('is Node, another native program, or a reason', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'perf-ci-program-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    await symlink(process.execPath, join(folder, 'node'));
    await symlink(process.execPath, join(folder, 'npm'));
    await writeFile(join(folder, 'script'), '#!/bin/sh\n');
    await chmod(join(folder, 'script'), 0o755);
    const kind = (...start: string[]): string => {
      const program = programOf(start, folder, folder);
      return program.kind === 'other' ? program.why : program.kind;
    };

    expect(kind('node', 'server.js')).toBe('node');
    expect(kind('./node', 'server.js')).toBe('node');
    expect(kind('/usr/bin/env', 'node')).toMatch(/only starts another program|is not/);
    expect(kind('npm', 'start')).toMatch(/only starts another program/);
    expect(kind('script')).toMatch(/is a script/);
    expect(kind('nothing')).toMatch(/not on PATH/);
    expect(kind('./nothing')).toMatch(/not there/);
    expect(kind()).toMatch(/no start command/);
  });
});

describe('perf', () => {
  it('is told by pipes that the mkfifo of the path given has made', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'perf-ci-perf-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    for (const name of ['perf', 'mkfifo']) {
      await writeFile(join(folder, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    }

    const start = PerfRecording.start(process.pid, folder, { folder, side: 'base' });
    await expect(start).rejects.toThrow(`Command failed: ${join(folder, 'mkfifo')}`);
  });
});

describe('valgrind', () => {
  it('gets flags that make Node repeat itself, and none for other programs', () => {
    const files = { valgrind: '/v', folder: '/f', side: 'base' };

    const node = underCallgrind(['node', '--x', 'a.js'], { kind: 'node', file: '/n' }, files);
    const other = underCallgrind(['./srv', '{port}'], { kind: 'native', file: '/s' }, files);

    expect(node.slice(-6)).toEqual(
      ['--predictable', '--hash-seed=1', '--random-seed=1', '--x', 'a.js'].toSpliced(
        0,
        0,
        '--single-threaded',
      ),
    );
    expect(other.slice(-2)).toEqual(['/s', '{port}']);
  });

  it('leaves a total that is read, or a reason', () => {
    expect(totalOf('events: Ir\n\nfn=(0)\n0 12\n\ntotals: 2400071\n')).toBe(2_400_071);
    expect(() => totalOf('totals: many\n')).toThrow(/found none/);
  });
});

describe('perf', () => {
  it.each([
    ['-1\n', false, 'cpu-clock'],
    ['1\n', false, 'cpu-clock'],
    ['2\n', false, 'cpu-clock:u'],
    ['4\n', true, 'cpu-clock'],
  ])('with perf_event_paranoid %j, root %j, samples %s', (paranoid, isRoot, event) => {
    expect(perfEvent(paranoid, isRoot)).toBe(event);
  });

  it.each([
    ['3\n', /perf_event_paranoid of 2 or less, found 3/],
    [undefined, /no perf events/],
  ])('with perf_event_paranoid %j may not', (paranoid, why) => {
    expect(() => perfEvent(paranoid, false)).toThrow(why);
  });
});

describe('the tree of a start folder', () => {
  it.each([
    ['/t/s0', '', '/t/s0'],
    ['/t/s0/app', 'app', '/t/s0'],
    ['/t/s0/a/b', 'a/b/', '/t/s0'],
  ])('%s with directory %j is %s', (folder, directory, root) => {
    expect(rootOf(folder, directory)).toBe(root);
  });
});

describe('the answer of a runner', () => {
  const profiled = {
    what: 'profile',
    found: {
      state: 'profiled',
      profiler: 'v8',
      requests: 9,
      files: { base: 1, head: 1 },
      roots: { base: '/a', head: '/b' },
    },
  };

  it.each([
    ['a count of files that is endless', { files: { base: 1e9, head: 1 } }],
    ['a count of files that is none', { files: { base: 0, head: 1 } }],
    ['no requests', { requests: 0 }],
    ['another profiler', { profiler: '../x' }],
  ])('with %s is refused', (_what, changes) => {
    expect(diagnosisAnswer.safeParse(profiled).success).toBe(true);
    expect(diagnosisAnswer.safeParse({ ...profiled, found: { ...profiled.found, ...changes } }).success).toBe(
      false,
    );
  });

  it.each([-1, 0, Infinity, Number.NaN, '7'])('with %j instructions is refused', (headPerRequest) => {
    const found = { state: 'counted', requests: 1, basePerRequest: 7, headPerRequest };

    expect(diagnosisAnswer.safeParse({ what: 'instructions', found }).success).toBe(false);
  });
});

describe('a diagnosis', () => {
  it('of nothing that regressed starts nothing', async () => {
    const verdicts = [cpuVerdict({ verdict: 'unchanged' })];

    const found = await diagnose({
      config: slowFunctionConfig(),
      verdicts,
      changedPaths: [],
      slotsFolder: '/nowhere',
      seed: 1,
    });

    expect(found).toEqual({ secondOpinions: [], profiles: [], files: [] });
  });

  it('that cannot be had is a reason for each part, not an error', async () => {
    const slots = await slowFunctionSlots(1);
    cleanups.push(() => slots.remove());
    const config = slowFunctionConfig();
    config.service.start = ['sh', '-c', 'echo broken; exit 3'];

    const found = await diagnose({
      config,
      verdicts: [cpuVerdict()],
      changedPaths: [],
      slotsFolder: slots.folder,
      seed: 1,
    });

    expect(found.profiles).toMatchObject(
      [
        { scenario: 'rank', state: 'not-possible', profiler: 'none', why: /exited with code 3/, frames: [] },
      ].map((entry) => ({ ...entry, why: expect.stringMatching(entry.why) as string })),
    );
    expect(found.secondOpinions).toMatchObject([
      {
        scenario: 'rank',
        state: 'not-possible',
        why: expect.stringMatching(/sh, which only starts|valgrind is not installed/) as string,
      },
    ]);
    expect(found.files).toEqual([]);
  });

  it('of a run that was stopped says so', async () => {
    const found = await diagnose({
      config: slowFunctionConfig(),
      verdicts: [cpuVerdict()],
      changedPaths: [],
      slotsFolder: '/nowhere',
      seed: 1,
      signal: AbortSignal.abort(),
    });

    expect([...found.profiles, ...found.secondOpinions].map(({ why }) => why)).toEqual([
      'the run was stopped',
      'the run was stopped',
    ]);
  });
});
