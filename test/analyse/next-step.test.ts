import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_EXPLORE_PAIRS } from '../../src/analyse/gate-progress.ts';
import { nextStep } from '../../src/analyse/next-step.ts';
import type { Pair } from '../../src/domain/trial.ts';
import { createRandom } from '../../src/stats/random.ts';
import { evenly, failed, pair, pairsWith } from './builders.ts';
import { CPU_GATE, runJob } from './jobs.ts';
import { drawNormal } from './noises.ts';

const MEMORY_GATE = { metric: 'memory_peak', threshold: 0.05 } as const;
const AMPLE = { gates: [CPU_GATE], elapsedMs: 0, budgetMs: 600_000, pairMs: 5000 };

describe('nextStep', () => {
  it('explores first', () => {
    expect(nextStep({ pairs: [], gates: [CPU_GATE], elapsedMs: 0, budgetMs: 1 })).toEqual({
      kind: 'pair',
      stage: 'explore',
    });
  });

  it('stops when every gating metric has its answer', () => {
    expect(nextStep({ ...AMPLE, pairs: pairsWith(evenly(5, 0, 0.002)) })).toEqual({
      kind: 'stop',
      why: 'decided',
    });
  });

  it('checks an alarm with fresh pairs, then stops, whatever they said', () => {
    const explore = pairsWith(evenly(5, 0.05, 0.002));

    const at = (effect: number, count: number) =>
      nextStep({ ...AMPLE, pairs: [...explore, ...pairsWith(evenly(count, effect, 0.002), 'confirm', 6)] });

    expect(at(0.05, 0)).toEqual({ kind: 'pair', stage: 'confirm' });
    expect(at(0.05, 3)).toEqual({ kind: 'pair', stage: 'confirm' });
    expect(at(0.05, 4)).toEqual({ kind: 'stop', why: 'decided' });
    expect(at(0, 4)).toEqual({ kind: 'stop', why: 'decided' });
  });

  it('checks an alarm before it explores on for another metric, and then goes on', () => {
    const wobble = (no: number) => 87e6 * Math.exp(no % 2 === 0 ? 0.2 : -0.2);
    const noisyMemory = (other: Pair): Pair =>
      pair({
        ...other,
        base: other.base.state === 'ok' ? other.base.trial : 'failed',
        head:
          other.head.state === 'ok'
            ? { ...other.head.trial, memoryPeakBytes: wobble(other.pairNo) }
            : 'failed',
      });
    const explore = pairsWith(evenly(5, 0.05, 0.001)).map(noisyMemory);
    const confirm = pairsWith(evenly(6, 0.05, 0.001), 'confirm', 6).map(noisyMemory);
    const gates = [CPU_GATE, MEMORY_GATE];

    expect(nextStep({ ...AMPLE, gates, pairs: explore })).toEqual({ kind: 'pair', stage: 'confirm' });
    expect(nextStep({ ...AMPLE, gates, pairs: [...explore, ...confirm] })).toEqual({
      kind: 'pair',
      stage: 'explore',
    });
  });

  it('stops at the budget, in the middle of a confirmation too', () => {
    const late = { ...AMPLE, elapsedMs: 600_000 };

    expect(nextStep({ ...late, pairs: pairsWith(evenly(5, 0.05, 0.002)) })).toEqual({
      kind: 'stop',
      why: 'budget',
    });
    expect(nextStep({ ...late, pairs: pairsWith(evenly(3, 0, 0.002)) })).toEqual({
      kind: 'stop',
      why: 'budget',
    });
  });

  it('does not start pairs that cannot reach the next look', () => {
    const undecided = pairsWith(evenly(6, 0.03, 0.1));

    const remaining = (ms: number) => nextStep({ ...AMPLE, pairs: undecided, elapsedMs: 600_000 - ms });

    expect(remaining(5_001)).toEqual({ kind: 'pair', stage: 'explore' });
    expect(remaining(5_000)).toEqual({ kind: 'stop', why: 'budget' });
  });

  it('does not start confirming pairs that cannot reach the next look', () => {
    const pairs = pairsWith(evenly(5, 0.05, 0.002));

    const remaining = (ms: number) => nextStep({ ...AMPLE, pairs, elapsedMs: 600_000 - ms });

    expect(remaining(15_001)).toEqual({ kind: 'pair', stage: 'confirm' });
    expect(remaining(15_000)).toEqual({ kind: 'stop', why: 'budget' });
  });

  it.each(['base', 'head'] as const)(
    'stops when %s failed twice, but not after one failure a side',
    (side) => {
      const once = [pair({ pairNo: 1, head: 'failed' }), pair({ pairNo: 2, base: 'failed' })];
      const twice = [...once, pair({ pairNo: 3, [side]: 'failed' })];

      expect(nextStep({ ...AMPLE, pairs: once })).toEqual({ kind: 'pair', stage: 'explore' });
      expect(nextStep({ ...AMPLE, pairs: twice })).toEqual({
        kind: 'stop',
        why: 'failures',
        failedSide: side,
      });
    },
  );

  it('does not blame a side that was stopped because the other one failed', () => {
    const aborted = [1, 2].map((pairNo) => ({
      ...pair({ pairNo, head: 'failed' }),
      base: failed('aborted'),
    }));

    expect(nextStep({ ...AMPLE, pairs: aborted })).toEqual({
      kind: 'stop',
      why: 'failures',
      failedSide: 'head',
    });
  });

  it('stops when more pairs would not be looked at', () => {
    const undecided = Array.from({ length: 30 }, (_, i) => 0.03 + (i % 2 === 0 ? 0.2 : -0.2));
    const unreadable = Array.from({ length: MAX_EXPLORE_PAIRS }, (_, i) =>
      pair({ pairNo: i + 1, base: { cpuUs: 0 } }),
    );

    expect(nextStep({ ...AMPLE, pairs: pairsWith(undecided) })).toEqual({ kind: 'stop', why: 'max-pairs' });
    expect(nextStep({ ...AMPLE, pairs: unreadable })).toEqual({ kind: 'stop', why: 'max-pairs' });
  });

  it('stops when an alarm has used up its confirming pairs', () => {
    const explore = pairsWith(evenly(5, 0.05, 0.002));
    const bad = Array.from({ length: 20 }, (_, i) =>
      pair({ pairNo: 6 + i, stage: 'confirm', base: { cpuUs: 0 }, head: { cpuUs: 2e6 * (i + 1) } }),
    );

    expect(nextStep({ ...AMPLE, pairs: [...explore, ...bad] })).toEqual({ kind: 'stop', why: 'max-pairs' });
  });

  it('always ends, and within its budget plus one pair', () => {
    const job = fc.record({
      seed: fc.integer(),
      effect: fc.double({ min: -0.1, max: 0.1, noNaN: true }),
      spread: fc.double({ min: 0, max: 0.2, noNaN: true }),
      failing: fc.double({ min: 0, max: 0.3, noNaN: true }),
      budgetMs: fc.integer({ min: 1, max: 300_000 }),
    });
    fc.assert(
      fc.property(job, ({ seed, effect, spread, failing, budgetMs }) => {
        const random = createRandom(seed);
        let longestMs = 0;

        const { elapsedMs, pairs } = runJob(
          (pairNo, stage) => {
            const wallMs = 3000 + random.int(5000);
            longestMs = Math.max(longestMs, wallMs);
            const ratio = Math.log1p(effect) + spread * drawNormal(random);
            const [made] = pairsWith([ratio], stage, pairNo);
            const broken = random.next() < failing ? pair({ pairNo, stage, head: 'failed' }) : (made as Pair);
            return { ...broken, wallMs };
          },
          { gates: [CPU_GATE, MEMORY_GATE], budgetMs },
        );

        expect(elapsedMs).toBeLessThan(budgetMs + longestMs);
        expect(pairs.length).toBeLessThanOrEqual(MAX_EXPLORE_PAIRS + 2 * 40);
      }),
      { numRuns: 60 },
    );
  });
});
