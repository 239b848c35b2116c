import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';

import { parseCpuProfile } from '../../src/diagnose/cpuprofile.ts';
import type { ProjectConfig } from '../../src/domain/benchmark.ts';
import { processTree } from '../../src/measure/accounts/process-tree.ts';
import { perfEvent } from '../../src/measure/diagnosis/profile-perf.ts';
import { findOnPath } from '../../src/processes/wrap-command.ts';
import { diagnose } from '../../workers/diagnose-run.ts';
import {
  cpuVerdict,
  slowFunctionConfig,
  slowFunctionScenario,
  slowFunctionSlots,
} from '../measure/diagnosis/sides.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const onlyProfile = { profile: true, instructions: false };
const onlyInstructions = { profile: false, instructions: true };

async function slots(times: number): Promise<string> {
  const made = await slowFunctionSlots(times);
  cleanups.push(() => made.remove());
  return made.folder;
}

describe('where the time went', () => {
  it('names the slower function first, marks it as touched, and leaves no process', async () => {
    const before = new Set(processTree(process.pid));
    const looks: string[] = [];

    const { profiles, files, secondOpinions } = await diagnose({
      config: slowFunctionConfig({ diagnosis: onlyProfile }),
      verdicts: [cpuVerdict()],
      changedPaths: ['app/rank.mjs', 'README.md'],
      slotsFolder: await slots(8),
      seed: 11,
      onLook: (scenario, what) => void looks.push(`${scenario} ${what}`),
    });

    const [profile] = profiles;
    expect(profile).toMatchObject({ scenario: 'rank', state: 'profiled', profiler: 'v8' });
    expect(profile?.frames[0]).toMatchObject({ name: 'rank', file: 'app/rank.mjs', line: 5, touched: true });
    expect(profile?.frames[0]?.headUs).toBeGreaterThan(2 * (profile?.frames[0]?.baseUs ?? Infinity));
    expect(profile?.frames.filter(({ touched }) => touched)).toHaveLength(1);
    expect(secondOpinions).toEqual([]);
    expect(looks).toEqual(['rank profile']);
    expect(files.map(({ name, format }) => [name, format])).toEqual([
      ['base', 'cpuprofile'],
      ['head', 'cpuprofile'],
      ['difference', 'speedscope'],
    ]);
    const kept = files.map(({ gzip }) => gunzipSync(gzip).toString());
    expect(parseCpuProfile(kept[1] as string).samples.length).toBeGreaterThan(100);
    expect(kept.join('')).not.toContain(tmpdir());
    expect(processTree(process.pid).filter((pid) => !before.has(pid))).toEqual([]);
  });

  it('works for every process of a cluster', async () => {
    const config = slowFunctionConfig({ diagnosis: onlyProfile });
    config.service.start = ['node', 'cluster.mjs'];

    const { profiles, files } = await diagnose({
      config,
      verdicts: [cpuVerdict()],
      changedPaths: ['app/rank.mjs'],
      slotsFolder: await slots(8),
      seed: 12,
    });

    expect(profiles[0]?.why).toBeUndefined();
    expect(profiles[0]?.frames[0]).toMatchObject({ name: 'rank', touched: true });
    expect(files.map(({ format }) => format)).toEqual(['speedscope', 'speedscope', 'speedscope']);
  });
});

/** Why a test of this machine's tools cannot run here; undefined: it can. */
function missing(...tools: string[]): string | undefined {
  const absent = tools.filter((tool) => findOnPath(tool) === undefined);
  return absent.length === 0 ? undefined : `not installed here: ${absent.join(', ')}`;
}

function perfIsForbidden(): string | undefined {
  const path = '/proc/sys/kernel/perf_event_paranoid';
  try {
    perfEvent(
      existsSync(path) ? execFileSync('cat', [path]).toString() : undefined,
      process.getuid?.() === 0,
    );
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A C server on both sides; the head's `slow` does work that the base's does not. */
async function nativeSlots(): Promise<{ folder: string; config: ProjectConfig }> {
  // Not perf-…: perf takes everything under /tmp/perf- for maps of compiled code and looks for no symbols there.
  const folder = await mkdtemp(join(tmpdir(), 'native-perf-ci-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const source = fileURLToPath(new URL('../fixtures/services/native/server.c', import.meta.url));
  for (const [slot, rounds] of [
    ['s0', 0],
    ['s1', 100_000],
  ] as const) {
    await mkdir(join(folder, slot));
    await copyFile(source, join(folder, slot, 'server.c'));
    const options = [
      '-O1',
      '-g',
      '-fno-omit-frame-pointer',
      `-DSLOW_ROUNDS=${rounds}`,
      'server.c',
      '-o',
      'server',
    ];
    execFileSync('gcc', options, { cwd: join(folder, slot) });
  }
  const scenario = slowFunctionScenario();
  const config = slowFunctionConfig({
    scenarios: [{ ...scenario, load: { ...scenario.load, keepAlive: false } }],
  });
  return {
    folder,
    config: { ...config, service: { ...config.service, directory: '', start: ['./server'] } },
  };
}

const noPerf = missing('gcc', 'perf', 'mkfifo') ?? perfIsForbidden();
const noValgrind = missing('valgrind', 'vgdb');

describe('a native service', () => {
  it.skipIf(noPerf)(`is profiled by perf${noPerf === undefined ? '' : ` (skipped: ${noPerf})`}`, async () => {
    const { folder, config } = await nativeSlots();

    const { profiles, files } = await diagnose({
      config: { ...config, diagnosis: onlyProfile },
      verdicts: [cpuVerdict()],
      changedPaths: [],
      slotsFolder: folder,
      seed: 13,
    });

    expect(profiles[0]).toMatchObject({ state: 'profiled', profiler: 'perf' });
    const [worst] = profiles[0]?.frames ?? [];
    expect(worst).toMatchObject({ name: 'slow', file: 'server' });
    // Not 0: a sample may be booked one instruction late.
    expect(worst?.baseUs).toBeLessThan((worst?.headUs ?? 0) / 100);
    expect(files).toHaveLength(3);
  });

  const noCount = missing('gcc', 'valgrind', 'vgdb');
  it.skipIf(noCount)(
    `has its instructions counted${noCount === undefined ? '' : ` (skipped: ${noCount})`}`,
    async () => {
      const { folder, config } = await nativeSlots();

      const { secondOpinions } = await diagnose({
        config: { ...config, diagnosis: onlyInstructions },
        verdicts: [cpuVerdict()],
        changedPaths: [],
        slotsFolder: folder,
        seed: 14,
      });

      // 200,000 rounds of the base against 300,000: what else a request takes is a few thousand instructions.
      expect(secondOpinions).toMatchObject([{ scenario: 'rank', state: 'counted' }]);
      expect(secondOpinions[0]?.change).toBeGreaterThan(0.48);
      expect(secondOpinions[0]?.change).toBeLessThan(0.52);
    },
  );
});

describe('the second opinion', () => {
  it.skipIf(noValgrind)(
    `counts the instructions of a Node service${noValgrind === undefined ? '' : ` (skipped: ${noValgrind})`}`,
    async () => {
      const { secondOpinions, profiles } = await diagnose({
        config: slowFunctionConfig({ diagnosis: onlyInstructions }),
        verdicts: [cpuVerdict()],
        changedPaths: [],
        slotsFolder: await slots(8),
        seed: 15,
      });

      expect(profiles).toEqual([]);
      expect(secondOpinions).toMatchObject([{ scenario: 'rank', state: 'counted' }]);
      const [{ basePerRequest = 0, headPerRequest = 0, change = 0 } = {}] = secondOpinions;
      // 140,000 rounds more, of a few instructions each.
      expect(headPerRequest - basePerRequest).toBeGreaterThan(140_000);
      expect(change).toBeCloseTo(headPerRequest / basePerRequest - 1, 12);
    },
  );
});
