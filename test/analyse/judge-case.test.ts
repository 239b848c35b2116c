import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { judgeCase } from '../../src/analyse/judge-case.ts';
import type { BareCase, CaseVerdict } from '../../src/analyse/judge-case.ts';
import { createRandom, deriveSeed } from '../../src/stats/random.ts';
import type { Random } from '../../src/stats/random.ts';
import { evenly } from './builders.ts';
import { drawNormal, NOISES } from './noises.ts';
import type { Noise } from './noises.ts';

/** A case whose log-ratios are given. */
function bare(logRatios: readonly number[]): BareCase {
  return { case: 'x', base: logRatios.map(() => 100), head: logRatios.map((ratio) => 100 * Math.exp(ratio)) };
}

describe('judgeCase', () => {
  it.each([1, 2, 4])('has no verdict on %i pairs, and says how many it needs', (count) => {
    const verdict = judgeCase(bare(evenly(count, 0.5, 0.001)));

    expect(verdict).toMatchObject({
      verdict: 'inconclusive',
      pairs: count,
      why: `need at least 5 pairs, found ${count}`,
    });
    expect(verdict.estimate === undefined).toBe(count === 1);
  });

  it.each([
    { what: 'an increase', ratios: evenly(10, 0.06, 0.02), word: 'regressed' },
    { what: 'a decrease', ratios: evenly(10, -0.06, 0.02), word: 'improved' },
    { what: 'nothing', ratios: evenly(10, 0, 0.02), word: 'unchanged' },
    { what: 'noise', ratios: evenly(10, 0.01, 0.2), word: 'inconclusive' },
    { what: 'equal figures', ratios: evenly(10, 0, 0), word: 'unchanged' },
    { what: 'five pairs of an increase', ratios: evenly(5, 0.06, 0.01), word: 'regressed' },
  ])('calls $what $word', ({ ratios, word }) => {
    expect(judgeCase(bare(ratios)).verdict).toBe(word);
  });

  it('gives relative figures, estimate inside the interval', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.3, max: 0.3, noNaN: true }), { minLength: 5, maxLength: 30 }),
        (ratios) => {
          const { estimate, lo, hi, pairs } = judgeCase(bare(ratios)) as Required<CaseVerdict>;

          expect(pairs).toBe(ratios.length);
          expect(lo).toBeLessThanOrEqual(estimate + 1e-12);
          expect(hi).toBeGreaterThanOrEqual(estimate - 1e-12);
          expect(lo).toBeGreaterThan(-1);
        },
      ),
    );
  });

  it('falls back to differences where a figure is 0, which has no logarithm', () => {
    const base = [0, 100, 101, 99, 100, 100, 102, 98, 100, 100];

    const same = judgeCase({ case: 'x', base, head: base });
    const more = judgeCase({ case: 'x', base, head: base.map((value) => value + 20) });

    expect(same).toMatchObject({ verdict: 'unchanged', estimate: 0 });
    expect(more.verdict).toBe('regressed');
    expect(more.estimate).toBeCloseTo(0.2, 9);
  });

  it('finds no relative change of a base that is mostly 0, unless both sides are 0', () => {
    const zeros = [0, 0, 0, 0, 0];

    expect(judgeCase({ case: 'x', base: zeros, head: zeros })).toMatchObject({
      verdict: 'unchanged',
      estimate: 0,
    });
    expect(judgeCase({ case: 'x', base: zeros, head: [0, 0, 1, 0, 2] })).toMatchObject({
      verdict: 'inconclusive',
      why: 'the median of base is 0: no relative change exists',
    });
  });

  it('judges the longest accepted case, too', () => {
    const random = createRandom(1);
    const ratios = Array.from({ length: 2000 }, () => 0.02 + 0.05 * drawNormal(random));

    expect(judgeCase(bare(ratios))).toMatchObject({ verdict: 'regressed', pairs: 2000 });
  });
});

/** Pairs whose two runs share a drift (AR(1), 0.7) and have noise of their own, log scale. */
function labelled(
  random: Random,
  noise: Noise,
  cell: { runSd: number; drift: number; pairs: number; effect: number },
) {
  const base: number[] = [];
  const head: number[] = [];
  let drift = drawNormal(random);
  for (let i = 0; i < cell.pairs; i++) {
    drift = 0.7 * drift + Math.sqrt(0.51) * drawNormal(random);
    const shared = cell.runSd * cell.drift * drift;
    base.push(100 * Math.exp(shared + cell.runSd * noise(random)));
    head.push(100 * (1 + cell.effect) * Math.exp(shared + cell.runSd * noise(random)));
  }
  return { case: 'x', base, head };
}

const CELLS = [0.01, 0.03].flatMap((runSd) =>
  [0, 1, 3].flatMap((drift) => [10, 20].map((pairs) => ({ runSd, drift, pairs }))),
);
const CASES_PER_CELL = 25;

/**
 * Shares of verdicts over six noises, two spreads, three strengths of drift, 10 and 20 pairs. Printed by
 * `npx vitest run test/analyse/judge-case.test.ts --reporter=verbose`.
 */
async function shares({ annotate }: TestContext, effect: number) {
  const counts = { regressed: 0, improved: 0, unchanged: 0, inconclusive: 0, covered: 0 };
  for (const [name, noise] of Object.entries(NOISES)) {
    const random = createRandom(deriveSeed(2026, 'labelled', name, effect));
    for (const cell of CELLS) {
      for (let no = 0; no < CASES_PER_CELL; no++) {
        const { verdict, lo, hi } = judgeCase(labelled(random, noise, { ...cell, effect }));
        counts[verdict]++;
        if ((lo as number) <= effect && effect <= (hi as number)) counts.covered++;
      }
    }
  }
  const cases = Object.keys(NOISES).length * CELLS.length * CASES_PER_CELL;
  const found = Object.entries(counts).map(([word, count]) => [word, count / cases] as const);
  await annotate(
    `effect ${effect}: ${found.map(([word, share]) => `${word} ${share.toFixed(3)}`).join(', ')}`,
  );
  return Object.fromEntries(found) as typeof counts;
}

describe('judgeCase on labelled cases with a fixed number of pairs', () => {
  it('calls at most 3.5 % of unchanged ones changed', async (context) => {
    const { regressed, improved, covered } = await shares(context, 0);

    expect(regressed + improved).toBeLessThanOrEqual(0.035);
    expect(covered).toBeGreaterThanOrEqual(0.94);
  });

  it.for([
    { effect: 0.03, atLeast: 0.66 },
    { effect: 0.05, atLeast: 0.83 },
    { effect: 0.1, atLeast: 0.95 },
  ])(
    'finds a change of $effect in $atLeast of them and hardly ever passes it',
    async ({ effect, atLeast }, context) => {
      const { regressed, unchanged, covered } = await shares(context, effect);

      expect(regressed).toBeGreaterThanOrEqual(atLeast);
      expect(unchanged).toBeLessThanOrEqual(0.025);
      expect(covered).toBeGreaterThanOrEqual(0.94);
    },
  );
});
