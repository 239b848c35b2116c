import { describe, expect, it } from 'vitest';
import { LIMITS, parseRankRequest } from '../../benchmarks/ranking-service/request.ts';

const context = { device: 'tv', hour: 23, locale: 'de', surface: 'home' };
const good = { userId: 9, context, k: 20, candidates: 300 };

describe('a rank request', () => {
  it('is read with the names of its context replaced by numbers', () => {
    expect(parseRankRequest(good, 10)).toEqual({
      userId: 9,
      context: { device: 3, hour: 23, locale: 1, surface: 0 },
      k: 20,
      candidates: 300,
    });
  });

  it('may leave out how many candidates', () => {
    const { candidates: _left, ...rest } = good;

    expect(parseRankRequest(rest, 10).candidates).toBe(LIMITS.defaultCandidates);
  });

  it.each([
    ['a list', [], 'the body must be an object with userId, context, k, candidates; found []'],
    ['null', null, 'the body must be an object with userId, context, k, candidates; found null'],
    ['an unknown user', { ...good, userId: 10 }, 'userId must be a whole number from 0 to 9; found 10'],
    ['a user as text', { ...good, userId: '3' }, 'userId must be a whole number from 0 to 9; found "3"'],
    ['no k', { ...good, k: undefined }, 'k must be a whole number from 1 to 100; found nothing'],
    ['half a k', { ...good, k: 0.5 }, 'k must be a whole number from 1 to 100; found 0.5'],
    [
      'too many candidates',
      { ...good, candidates: 1e9 },
      'candidates must be a whole number from 1 to 5000; found 1000000000',
    ],
    [
      'no context',
      { ...good, context: undefined },
      'context must be an object with device, hour, locale, surface; found nothing',
    ],
    [
      'an inherited name as locale',
      { ...good, context: { ...context, locale: 'constructor' } },
      'context.locale must be one of en, de, fr, es, ja; found "constructor"',
    ],
    [
      'a field mistyped',
      { ...good, candidats: 5 },
      'the body has an unknown field "candidats"; known are userId, context, k, candidates',
    ],
    ['a long value', { ...good, k: 'x'.repeat(500) }, `found "${'x'.repeat(59)}…`],
  ])('is refused with %s', (_case, body, message) => {
    expect(() => parseRankRequest(body, 10)).toThrow(message);
  });
});
