import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameShape, shapeOf } from '../../src/measure/load/answer-shape.ts';
import { type AnswerRules, type AnswerToCompare, createAnswerTally } from '../../src/measure/load/answers.ts';
import type { AnswerComparison } from '../../src/domain/trial.ts';

const RULES: AnswerRules = { ignoreKeys: ['tookMs'] };
const RANKED: AnswerRules = {
  ...RULES,
  ranking: { items: '/ids', id: '', scores: { kind: 'list', at: '/scores' }, k: 3 },
};

function json(value: unknown, status = 200): AnswerToCompare {
  return { status, contentType: 'application/json; charset=utf-8', body: Buffer.from(JSON.stringify(value)) };
}

function text(body: string, status = 200, contentType = 'text/plain'): AnswerToCompare {
  return { status, contentType, body: Buffer.from(body) };
}

/** What comes of comparing these answers of base and head, asked twice where they differ. */
async function compare(
  pairs: [base: AnswerToCompare, head: AnswerToCompare, again?: AnswerToCompare][],
  rules = RULES,
): Promise<AnswerComparison> {
  const tally = createAnswerTally(rules);
  for (const [base, head, again = base] of pairs) await tally.add('GET /', { base, head }, async () => again);
  return tally.result();
}

describe('the comparison of answers', () => {
  it('takes equal meaning for equal, whatever the order of keys and the ignored ones', async () => {
    const comparison = await compare([
      [json({ a: 1, b: [{ c: 2, tookMs: 5 }] }), json({ b: [{ tookMs: 7, c: 2 }], a: 1 })],
    ]);

    expect(comparison).toMatchObject({ compared: 1, different: 0 });
    expect(comparison).not.toHaveProperty('example');
  });

  it('tells integers apart that no number holds, and calls both numbers', async () => {
    const of = (id: string): AnswerToCompare =>
      text(`{"ids":[${id}, 7], "scores":[${id}, 0.1234567890123456]}`, 200, 'application/json');
    const [a, b] = ['9007199254740993', '9007199254740992'].map(of) as [AnswerToCompare, AnswerToCompare];

    const comparison = await compare([[a, b]], { ...RANKED, ranking: { ...RANKED.ranking!, k: 1 } });
    expect(comparison).toMatchObject({ compared: 1, different: 1, ranking: { overlap: 0 } });
    expect(comparison.shapeDifferent).toBeUndefined();
    expect(await compare([[a, of('7')]])).not.toHaveProperty('shapeDifferent');
    const spaced = text(a.body.toString('utf8').replaceAll(',', ' , '), 200, 'application/json');
    expect(await compare([[a, spaced]], RANKED)).toMatchObject({
      different: 0,
      ranking: { overlap: 1, largestScoreDifference: 0 },
    });
  });

  it('says of what differs whether it is the status, the shape or the values', async () => {
    const comparison = await compare([
      [json({ a: 1 }), json({ a: 2 })],
      [json({ a: 1 }), json({ a: '1' })],
      [json({ a: 1 }), json({ a: 1 }, 404)],
      [json({ a: 1 }), text('oops', 404)],
      [json({ a: 1 }), json({ a: 1 })],
    ]);

    expect(comparison).toMatchObject({ compared: 5, different: 4, statusDifferent: 2, shapeDifferent: 2 });
  });

  it.each(['application/octet-stream', 'application/json'])(
    'sees bytes of %s that are no UTF-8 and would decode to the same text',
    async (contentType) => {
      const of = (byte: number): AnswerToCompare => ({
        status: 200,
        contentType,
        body: Buffer.from([34, byte, 34]),
      });

      expect(await compare([[of(0xfe), of(0xff)]])).toMatchObject({ compared: 1, different: 1 });
      expect(await compare([[of(0xfe), of(0xfe)]])).toMatchObject({ compared: 1, different: 0 });
    },
  );

  it('adds up the bytes of both sides', async () => {
    const comparison = await compare([
      [text('123'), text('12345')],
      [text('é'), text('é')],
    ]);

    expect(comparison.bytes).toEqual({ base: 5, head: 7 });
  });

  it('leaves out what the base itself answers in two ways, with its bytes and its ranking', async () => {
    const [base, head, again] = [json({ ids: [1] }), json({ ids: [2] }), json({ ids: [3] })];

    expect(await compare([[base, head, again]], RANKED)).toEqual({ compared: 0, different: 0 });
  });

  it('shows the first difference only, cut to its surroundings', async () => {
    const comparison = await compare([
      [text(`${'x'.repeat(200)}base`), text(`${'x'.repeat(200)}head`)],
      [text('a'), text('b')],
    ]);

    expect(comparison.example).toEqual({
      request: 'GET /',
      base: `…${'x'.repeat(20)}base`,
      head: `…${'x'.repeat(20)}head`,
    });
  });

  it('says how alike rankings are, over the answers that hold one', async () => {
    const comparison = await compare(
      [
        [
          json({ ids: [1, 2, 3], scores: [0.9, 0.8, 0.7] }),
          json({ ids: [1, 2, 3], scores: [0.9, 0.8, 0.7] }),
        ],
        [
          json({ ids: [1, 2, 3], scores: [0.9, 0.8, 0.7] }),
          json({ ids: [2, 1, 4], scores: [0.9, 0.5, 0.1] }),
        ],
        [json({ status: 'ok' }), json({ status: 'ok' })],
      ],
      RANKED,
    );

    expect(comparison).toMatchObject({ compared: 3, different: 1 });
    expect(comparison.ranking?.overlap).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(comparison.ranking?.worstOverlap).toBeCloseTo(2 / 3, 12);
    expect(comparison.ranking?.largestScoreDifference).toBeCloseTo(0.4, 12);
  });

  it('says nothing of rankings when no answer held one', async () => {
    expect(await compare([[json({ a: 1 }), json({ a: 1 })]], RANKED)).not.toHaveProperty('ranking');
  });

  it('compares bytes where a body only says that it is JSON', async () => {
    const comparison = await compare([
      [text('{"a":', 200, 'application/json'), text('{"a":', 200, 'application/json')],
      [text('{"a":', 200, 'application/json'), text('{"b":', 200, 'application/json')],
    ]);

    expect(comparison).toMatchObject({ compared: 2, different: 1 });
    expect(comparison).not.toHaveProperty('shapeDifferent');
  });

  it('survives an answer nested deeper than any stack', async () => {
    const deep = (inner: string): AnswerToCompare =>
      text(`${'['.repeat(200_000)}${inner}${']'.repeat(200_000)}`, 200, 'application/json');

    expect(await compare([[deep('1'), deep('2')]])).toMatchObject({ compared: 1, different: 1 });
  });
});

describe('the shape of an answer', () => {
  const same = (a: unknown, b: unknown): boolean => sameShape(shapeOf(a), shapeOf(b));

  it.each<[string, unknown, unknown]>([
    ['other values', { a: 1, b: 'x' }, { a: 2, b: 'y' }],
    ['longer lists', [1], [1, 2, 3]],
    ['an empty list', { items: [] }, { items: [{ id: 1 }] }],
    ['a key that only some elements have', [{ id: 1, sale: true }, { id: 2 }], [{ id: 3 }]],
  ])('is the same for %s', (_what, a, b) => {
    expect(same(a, b)).toBe(true);
    expect(same(b, a)).toBe(true);
  });

  it.each<[string, unknown, unknown]>([
    ['another type', { a: 1 }, { a: '1' }],
    ['null instead of a value', { a: 1 }, { a: null }],
    ['a key more', { a: 1 }, { a: 1, b: 2 }],
    ['a key that every element had', [{ id: 1, score: 2 }], [{ id: 1 }]],
    ['another type deep inside', [{ a: [{ b: 1 }] }], [{ a: [{ b: false }] }]],
    ['a list instead of an object', {}, []],
    ['elements of two types', [1, 2], [1, '2']],
  ])('is another for %s', (_what, a, b) => {
    expect(same(a, b)).toBe(false);
    expect(same(b, a)).toBe(false);
  });

  it('is the same as itself, and comparing is symmetric, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(same(a, structuredClone(a))).toBe(true);
        expect(same(a, b)).toBe(same(b, a));
      }),
    );
  });
});
