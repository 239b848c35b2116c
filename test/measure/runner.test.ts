import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

import { holdHost } from '../../src/measure/host/host-lock.ts';
import { choosePinning } from '../../src/measure/host/pinning.ts';
import { processTree } from '../../src/measure/accounts/process-tree.ts';
import type { RunnerPlan } from '../../src/measure/protocol.ts';
import { Runner } from '../../src/measure/runner-client.ts';
import { tinyConfig, tinyScenario, tinySlots } from './helpers.ts';

const COMMAND = [process.execPath, fileURLToPath(new URL('../../workers/runner.ts', import.meta.url))];

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function tinyPlan(): Promise<RunnerPlan> {
  const slots = await tinySlots();
  cleanups.push(slots.remove);
  return {
    config: tinyConfig(),
    scenarios: [tinyScenario()],
    slotsFolder: slots.folder,
    directory: '',
    pinning: choosePinning() ?? null,
    path: process.env['PATH'] ?? '',
  };
}

describe('the runner', () => {
  it('tells its environment, measures pair after pair and swaps folders without losing a side', async () => {
    const { runner, environment } = await Runner.start(COMMAND, await tinyPlan());
    cleanups.push(() => runner.stop());

    const pairs = [];
    for (const pairNo of [1, 2, 3]) {
      pairs.push(await runner.pair({ scenario: 'tiny', pairNo, stage: 'explore', seed: pairNo * 7 }));
    }

    expect(environment.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(pairs.map((pair) => [pair.pairNo, pair.base.state, pair.head.state])).toEqual([
      [1, 'ok', 'ok'],
      [2, 'ok', 'ok'],
      [3, 'ok', 'ok'],
    ]);
  });

  it('dies with its services when the job is aborted', async () => {
    const before = new Set(processTree(process.pid));
    const abort = new AbortController();
    const plan = await tinyPlan();
    plan.scenarios = [tinyScenario({ load: { ...tinyScenario().load, measuredMs: 20_000 } })];
    const { runner } = await Runner.start(COMMAND, plan, abort.signal);
    const pair = runner.pair({ scenario: 'tiny', pairNo: 1, stage: 'explore', seed: 1 });
    setTimeout(() => abort.abort(), 800);

    await expect(pair).rejects.toMatchObject({ code: 'runner-failed', retryable: true });

    await expect
      .poll(() => processTree(process.pid).filter((pid) => !before.has(pid)), { timeout: 5000 })
      .toEqual([]);
  });

  it('takes along what a wrapper started, when the job is aborted', async () => {
    const plan = await tinyPlan();
    // The shell is the child; the service is a grandchild that no signal to the shell reaches.
    plan.config.service.start = ['sh', '-c', 'node start.mjs --perf-ci-wrapped; true'];
    plan.scenarios = [tinyScenario({ load: { ...tinyScenario().load, measuredMs: 20_000 } })];
    const abort = new AbortController();
    const { runner } = await Runner.start(COMMAND, plan, abort.signal);
    const pair = runner.pair({ scenario: 'tiny', pairNo: 1, stage: 'explore', seed: 1 });
    setTimeout(() => abort.abort(), 1000);

    await expect(pair).rejects.toMatchObject({ code: 'runner-failed' });

    const wrapped = (): string[] =>
      execFileSync('ps', ['-eo', 'args'])
        .toString()
        .split('\n')
        .filter((line) => /^node start.mjs --perf-ci-wrapped/.test(line));
    await expect.poll(wrapped, { timeout: 5000 }).toEqual([]);
  });
});

describe('the host lock', () => {
  it('is held by one at a time and waited for', async () => {
    const name = `perf-ci-test-${process.pid}`;
    const order: string[] = [];
    const first = await holdHost({ name });

    const second = holdHost({ name, onWait: () => order.push('second waits') }).then((lock) => {
      order.push('second holds');
      return lock;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    order.push('first releases');
    await first.release();
    await (await second).release();

    expect(order).toEqual(['second waits', 'first releases', 'second holds']);
  });

  it('gives up when told to', async () => {
    const name = `perf-ci-test-abort-${process.pid}`;
    const first = await holdHost({ name });

    await expect(holdHost({ name, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'host-busy',
    });

    await first.release();
  });
});
