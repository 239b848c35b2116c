import { describe, expect, it } from 'vitest';
import { followGate, MAX_EXPLORE_PAIRS } from '../../src/analyse/gate-progress.ts';
import { ruleOf } from '../../src/analyse/gate-rule.ts';
import type { Pair } from '../../src/domain/trial.ts';
import { evenly, pair, pairsWith } from './builders.ts';
import { CPU_GATE } from './jobs.ts';

/** A pair measured while the machine was 40 % slower. */
function disturbed(pairNo: number): Pair {
  return pair({ pairNo, base: { cpuUs: 1.4e6 }, head: { cpuUs: 1.4e6 } });
}

describe('followGate', () => {
  it('explores from nothing', () => {
    const progress = followGate([], CPU_GATE, 1);

    expect(progress).toMatchObject({ state: 'exploring', missingForNextLook: 5 });
  });

  it('counts what is missing for the next look', () => {
    const progress = followGate(pairsWith(evenly(7, 0.03, 0.1)), CPU_GATE, 1);

    expect(progress).toMatchObject({ state: 'exploring', missingForNextLook: 1 });
    expect(followGate(pairsWith(evenly(7, 0.03, 0.1)), CPU_GATE, 2)).toMatchObject({ missingForNextLook: 3 });
  });

  it('keeps a decision whatever comes later', () => {
    const first = pairsWith(evenly(5, 0, 0.002));
    const later = pairsWith(evenly(10, 0.5, 0.002), 'explore', 6);

    const progress = followGate([...first, ...later], CPU_GATE, 1);

    expect(progress).toMatchObject({ state: 'unchanged', decision: { pairs: 5 } });
  });

  it('does not care in which order the pairs are handed over', () => {
    const pairs = pairsWith(evenly(8, 0.04, 0.01));

    expect(followGate(pairs.toReversed(), CPU_GATE, 1)).toEqual(followGate(pairs, CPU_GATE, 1));
  });

  it('suspects at an alarm and checks it with four fresh pairs on a quiet host', () => {
    const explore = pairsWith(evenly(5, 0.05, 0.004));
    const confirm = pairsWith(evenly(4, 0.05, 0.004), 'confirm', 6);

    const suspected = followGate([...explore, ...confirm.slice(0, 3)], CPU_GATE, 1);
    const checked = followGate([...explore, ...confirm], CPU_GATE, 1);

    expect(suspected).toMatchObject({ state: 'suspected', direction: 'regressed', exhausted: false });
    expect(checked).toMatchObject({ state: 'checked', confirmation: { state: 'held' } });
  });

  it('takes only pairs measured after the alarm as fresh', () => {
    const early = pairsWith(evenly(6, 0.05, 0.004), 'confirm', 1);
    const explore = pairsWith(evenly(5, 0.05, 0.004), 'explore', 7);

    const progress = followGate([...early, ...explore], CPU_GATE, 1);

    expect(progress).toMatchObject({ state: 'suspected', fresh: { figures: { changes: [] } } });
  });

  it('replaces dropped confirming pairs, a quarter of them at most', () => {
    const explore = pairsWith(evenly(5, 0.05, 0.004));
    const good = pairsWith(evenly(4, 0.05, 0.004), 'confirm', 8);
    const bad = [6, 7].map((no) => ({ ...disturbed(no), stage: 'confirm' as const }));
    const allBad = Array.from({ length: 20 }, (_, i) => ({
      ...pair({ pairNo: 6 + i, base: { cpuUs: 0 } }),
      stage: 'confirm' as const,
    }));

    const replaced = followGate([...explore, ...good, ...bad], CPU_GATE, 1);
    const exhausted = followGate([...explore, ...allBad], CPU_GATE, 1);

    expect(replaced).toMatchObject({
      state: 'checked',
      fresh: { dropped: 2 },
      confirmation: { state: 'held' },
    });
    expect(exhausted).toMatchObject({ state: 'suspected', exhausted: true });
  });

  it('stays with the look that confirmed, whatever comes later', () => {
    const explore = pairsWith(evenly(5, 0.05, 0.004));
    const confirm = pairsWith([...evenly(4, 0.05, 0.004), ...evenly(4, -0.05, 0.004)], 'confirm', 6);

    const progress = followGate([...explore, ...confirm], CPU_GATE, 1);

    expect(progress).toMatchObject({ state: 'checked', confirmation: { state: 'held' } });
    expect('fresh' in progress && progress.fresh.figures.changes).toHaveLength(4);
  });

  it('passes over a look on a restless machine, and decides once most pairs are good', () => {
    const good = pairsWith(evenly(9, 0, 0.002), 'explore', 3);
    const restless = [disturbed(1), disturbed(2), ...good.slice(0, 5)];

    // Two of seven are dropped: more than a quarter.
    expect(followGate(restless, CPU_GATE, 1)).toMatchObject({
      state: 'exploring',
      decision: { decision: 'continue' },
    });
    expect(followGate([...restless, ...good.slice(5, 6)], CPU_GATE, 1)).toMatchObject({
      state: 'unchanged',
      decision: { pairs: 6 },
      sample: { dropped: 2 },
    });
  });

  it('makes up a look that it had to pass over, at a number that is no look itself', () => {
    // Three of nine are dropped at the look of 6, and three of eleven at that of 8; three of twelve are not too many.
    const good = pairsWith(evenly(9, 0, 0.002), 'explore', 4);
    const restless = [disturbed(1), disturbed(2), disturbed(3), ...good.slice(0, 8)];

    const waiting = followGate(restless, CPU_GATE, 1);
    const decided = followGate([...restless, ...good.slice(8)], CPU_GATE, 1);

    expect(waiting).toMatchObject({ state: 'exploring', missingForNextLook: 1 });
    expect(decided).toMatchObject({ state: 'unchanged', decision: { pairs: 8 } });
  });

  it('has no look left after the last one, nor after too many pairs', () => {
    const undecided = pairsWith(Array.from({ length: 30 }, (_, i) => 0.03 + (i % 2 === 0 ? 0.2 : -0.2)));
    const failing = Array.from({ length: MAX_EXPLORE_PAIRS }, (_, i) =>
      pair({ pairNo: i + 1, head: 'failed' }),
    );

    for (const pairs of [undecided, failing]) {
      const progress = followGate(pairs, CPU_GATE, 1);

      expect(progress.state).toBe('exploring');
      expect(progress).toMatchObject({ missingForNextLook: undefined });
    }
  });
});

describe('ruleOf', () => {
  it('takes the threshold of the gate as tolerance, and the rest from the table of metrics', () => {
    expect(ruleOf({ metric: 'startup', threshold: 0.2 }).limits).toEqual({
      margin: 0.05,
      minEffect: 0.1,
      tolerance: 0.2,
    });
    expect(ruleOf(CPU_GATE).limits).toEqual({ margin: 0.005, minEffect: 0.01, tolerance: 0.03 });
  });

  it('calls what is as small as the threshold when a project asks for less than is usual', () => {
    expect(ruleOf({ metric: 'startup', threshold: 0.04 }).limits).toMatchObject({
      margin: 0.02,
      minEffect: 0.04,
    });
  });
});
