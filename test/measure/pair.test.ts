import { afterEach, describe, expect, it } from 'vitest';

import type { Scenario } from '../../src/domain/benchmark.ts';
import type { CustomMetric } from '../../src/domain/metric.ts';
import { measurePair, type PairContext } from '../../src/measure/pair.ts';
import { readHistogram } from '../../src/measure/load/histogram.ts';
import { processTree } from '../../src/measure/accounts/process-tree.ts';
import { applyPlant } from '../../src/measure/plant/plant.ts';
import { Slots } from '../../src/measure/slots.ts';
import { tinyConfig, tinyScenario, tinySlots } from './helpers.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function contextWith(behaviour: { base?: string; head?: string }): Promise<PairContext> {
  const slots = await tinySlots(behaviour);
  cleanups.push(slots.remove);
  return {
    config: tinyConfig(),
    slots: new Slots(slots.folder, ''),
    pinning: undefined,
    path: process.env['PATH'] ?? '',
  };
}

/**
 * Without the questions to Node, which take longer than all else in so short a pair. Warm-up alone reaches the request
 * from which on some behaviours fail, however slow the machine is.
 */
function briefScenario(): Scenario {
  const scenario = tinyScenario();
  return { ...scenario, load: { ...scenario.load, warmUpRequests: 60, memoryAfterGc: false } };
}

const request = { scenario: 'tiny', pairNo: 1, stage: 'explore' as const, seed: 42 };

describe('a pair', () => {
  it('measures both sides with equal request counts and a histogram of every answer', async () => {
    const context = await contextWith({});

    const pair = await measurePair(context, tinyScenario(), request);

    if (pair.base.state !== 'ok' || pair.head.state !== 'ok') throw new Error(JSON.stringify(pair));
    expect(pair.base.trial.requests).toBe(pair.head.trial.requests);
    expect(pair.base.trial.requests).toBeGreaterThan(4);
    expect(readHistogram(pair.head.trial.histogram).count).toBe(pair.head.trial.requests);
    expect(pair.head.trial.cpuUs).toBeGreaterThan(0);
    expect(pair.head.trial.memoryPeakBytes).toBeGreaterThan(10 * 2 ** 20);
    expect(pair.head.trial.startupMs).toBeGreaterThan(1);
    for (const { trial } of [pair.base, pair.head]) {
      expect(trial.figures?.answer_bytes).toBeGreaterThan(10);
      expect(trial.figures?.latency_p95).toBeGreaterThanOrEqual(trial.latencyMs.p90);
      expect(trial.figures?.memory_after_gc).toBeGreaterThan(2 ** 20);
      expect(trial.figures?.memory_growth).toBeTypeOf('number');
      expect(trial.generator).toBeUndefined();
    }
    expect(pair.answers).toMatchObject({ compared: 4, different: 0 });
  });

  it('leaves no process behind, even of a service that ignores SIGTERM and has children', async () => {
    const before = new Set(processTree(process.pid));
    const context = await contextWith({ base: 'stubborn', head: 'spawn' });

    await measurePair(context, briefScenario(), request);

    expect(processTree(process.pid).filter((pid) => !before.has(pid))).toEqual([]);
  });

  it('says that answers differ, with an example, and measures all the same', async () => {
    const context = await contextWith({ head: 'other' });

    const pair = await measurePair(context, briefScenario(), request);

    expect(pair.answers).toMatchObject({ compared: 4, different: 4 });
    expect(pair.answers.example?.request).toMatch(/^GET \/[abcd]$/);
    expect(pair.answers.example?.base).toContain('"rank":1');
    expect(pair.answers.example?.head).toContain('"rank":2');
    expect(pair.head.state).toBe('ok');
  });

  it('does not blame the head for answers in which the base differs from itself', async () => {
    const context = await contextWith({ base: 'moody', head: 'moody' });

    const pair = await measurePair(context, briefScenario(), request);

    expect(pair.answers.different).toBe(0);
  });

  it.each([
    ['exit', 'exited', /exited with code 7 before it answered on \/healthz/],
    ['never-ready', 'not-ready', /within 1500 ms of the start, found: status 503/],
    ['die', 'died-under-load', /exited with code 9/],
    ['errors', 'error-answers', /expected (a )?2xx answers?/],
    ['reset', 'protocol-error', /failed|found/],
    ['stall', 'timeout', /no answer within|timed out/],
  ])('names the head that fails by %s and does not blame the base', async (behaviour, kind, message) => {
    const context = await contextWith({ head: behaviour });

    const pair = await measurePair(context, briefScenario(), request);

    if (pair.head.state !== 'failed' || pair.base.state !== 'failed') throw new Error('expected failures');
    const kinds = behaviour === 'stall' ? ['timeout', 'protocol-error'] : [kind];
    expect(kinds).toContain(pair.head.failure.kind);
    expect(pair.head.failure.message).toMatch(message);
    expect(pair.base.failure.kind).toBe('aborted');
  });

  it('shows what the service printed before it died', async () => {
    const context = await contextWith({ head: 'exit' });

    const pair = await measurePair(context, briefScenario(), request);

    if (pair.head.state !== 'failed') throw new Error('expected a failure');
    expect(pair.head.failure.outputTail).toContain('cannot open the catalogue');
  });

  it('reads the numbers that the service serves, and says which are missing', async () => {
    const context = await contextWith({});
    const served = (name: string, pointer: string): CustomMetric => ({
      name,
      title: name,
      unitLabel: '',
      better: 'lower',
      from: { kind: 'served', path: '/stats', pointer },
    });

    const pair = await measurePair(
      context,
      { ...briefScenario(), custom: [served('rank', '/rank'), served('misses', '/cache/misses')] },
      request,
    );

    if (pair.head.state !== 'ok') throw new Error(JSON.stringify(pair));
    expect(pair.head.trial.figures?.custom_rank).toBe(1);
    expect(pair.head.trial.figures?.custom_misses).toBeUndefined();
    expect(pair.head.trial.notes).toEqual([expect.stringContaining('no value for misses')]);
  });

  it('starts both sides with a plant in the head alone, and does not tell of it', async () => {
    const context = await contextWith({});
    const plant = applyPlant({ kind: 'none' }, 3);

    const pair = await measurePair(context, briefScenario(), { ...request, plant });

    expect(pair.head.state).toBe('ok');
    expect(Object.keys(pair)).not.toContain('plant');
  });

  it('reports both sides when both fail, so that the head is not blamed for the base', async () => {
    const context = await contextWith({ base: 'errors', head: 'errors' });

    const pair = await measurePair(context, briefScenario(), request);

    if (pair.head.state !== 'failed' || pair.base.state !== 'failed') throw new Error('expected failures');
    expect([pair.base.failure.kind, pair.head.failure.kind]).toEqual(['error-answers', 'error-answers']);
  });
});
