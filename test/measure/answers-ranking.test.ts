import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createRankingReader,
  createRankingTally,
  overlapAtK,
  type Ranking,
} from '../../src/measure/load/ranking-answers.ts';

const ids = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 6 });
const ranking = (list: string[], scores: number[] = []): Ranking => ({
  ids: list,
  scores: list.map((_, index) => scores[index]),
});

describe('overlap@k', () => {
  it('is what counting by hand gives', () => {
    expect(overlapAtK(['a', 'b', 'c', 'd'], ['d', 'x', 'a', 'y'])).toBe(0.5);
    expect(overlapAtK(['a', 'b'], ['a'])).toBe(0.5);
    expect(overlapAtK([], ['a'])).toBe(0);
    expect(overlapAtK([], [])).toBe(1);
  });

  it('is 1 for the same items in whatever order', () => {
    fc.assert(
      fc.property(ids, (list) => {
        expect(overlapAtK(list, list)).toBe(1);
        expect(overlapAtK(list, list.toReversed())).toBe(1);
      }),
    );
  });

  it('is symmetric and between 0 and 1', () => {
    fc.assert(
      fc.property(ids, ids, (left, right) => {
        expect(overlapAtK(left, right)).toBe(overlapAtK(right, left));
        expect(overlapAtK(left, right)).toBeGreaterThanOrEqual(0);
        expect(overlapAtK(left, right)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is 0 for rankings that have nothing in common, if they have anything', () => {
    fc.assert(
      fc.property(ids, ids, (left, right) => {
        fc.pre(left.length + right.length > 0);
        expect(
          overlapAtK(
            left,
            right.map((id) => `other-${id}`),
          ),
        ).toBe(0);
      }),
    );
  });

  it('never rises when one more item of the head becomes a stranger', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 8 }), fc.nat(), (list, at) => {
        const base = list.map(String);
        const head = base.with(at % base.length, 'stranger');
        expect(overlapAtK(base, head)).toBeCloseTo((base.length - 1) / base.length, 12);
      }),
    );
  });
});

describe('the ranking in an answer', () => {
  it('is read where the project says, and no further than k', () => {
    const read = createRankingReader({
      items: '/result/hits',
      id: '/doc/id',
      scores: { kind: 'in-item', at: '/score' },
      k: 2,
    });
    const hits = [
      { doc: { id: 7 }, score: 0.9 },
      { doc: { id: '7' }, score: 'high' },
      { doc: { id: 9 }, score: 0.1 },
    ];

    expect(read({ result: { hits } })).toEqual({ ids: ['7', '"7"'], scores: [0.9, undefined] });
  });

  it('has no id where an item holds one that is nested deeper than the stack', () => {
    const read = createRankingReader({ items: '/ids', id: '', k: 10 });
    const deep: unknown = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));

    expect(read({ ids: [deep, 1] })?.ids).toEqual(['', '1']);
  });

  it('may be a list of ids with a list of scores beside it', () => {
    const read = createRankingReader({
      items: '/ids',
      id: '',
      scores: { kind: 'list', at: '/scores' },
      k: 10,
    });

    expect(read({ ids: [4, 9], scores: [0.5] })).toEqual({ ids: ['4', '9'], scores: [0.5, undefined] });
    expect(read({ ids: [4], scores: 'none' })).toEqual({ ids: ['4'], scores: [undefined] });
  });

  it.each([[{}], [{ ids: 'none' }], [null], [undefined], ['text'], [[1, 2]]])('is none in %j', (answer) => {
    expect(createRankingReader({ items: '/ids', id: '', k: 3 })(answer)).toBeUndefined();
  });

  it('is not looked for by text that is no pointer', () => {
    expect(() => createRankingReader({ items: 'ids', id: '', k: 3 })).toThrow(/expected a JSON pointer/);
  });
});

describe('many rankings', () => {
  it('are summed up by mean and worst overlap, reordered requests and the largest score difference', () => {
    const tally = createRankingTally(3);
    tally.add(ranking(['a', 'b', 'c'], [3, 2, 1]), ranking(['a', 'b', 'c'], [3, 2, 1]));
    tally.add(ranking(['a', 'b', 'c'], [3, 2, 1]), ranking(['b', 'a', 'c'], [2.5, 2.25, 1]));
    tally.add(ranking(['a', 'b', 'c']), ranking(['a', 'x', 'y']));

    const { overlap, ...rest } = tally.result()!;

    expect(overlap).toBeCloseTo((1 + 1 + 1 / 3) / 3, 12);
    expect(rest).toEqual({ k: 3, worstOverlap: 1 / 3, reordered: 1, largestScoreDifference: 0.75 });
  });

  it('count a side that answers with no ranking as having nothing in common', () => {
    const tally = createRankingTally(3);
    tally.add(ranking(['a']), undefined);
    tally.add(undefined, undefined);

    expect(tally.result()).toEqual({ k: 3, overlap: 0, worstOverlap: 0, reordered: 0 });
  });

  it('are nothing when no answer held one', () => {
    const tally = createRankingTally(3);
    tally.add(undefined, undefined);

    expect(tally.result()).toBeUndefined();
  });
});
