import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationMs, durationText, knownDurationMs } from '../../src/project-config/duration.ts';
import { editDistance, nearest } from '../../src/project-config/nearest.ts';
import { formatProblems, pathText } from '../../src/project-config/problem.ts';
import { encodeUrlPath, objectToUrlPath } from '../../src/project-config/url-path.ts';

describe('durations', () => {
  it.each([
    ['0ms', 0],
    ['2500ms', 2_500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
  ])('reads %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each(['', '5', 's', '5 s', '5S', '+5s', '1e3s', '5s ', '99999999s', '٣s'])(
    'does not read "%s"',
    (text) => {
      expect(durationMs(text)).toBeUndefined();
      expect(() => knownDurationMs(text)).toThrow(RangeError);
    },
  );

  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_999 }), (ms) => {
        expect(durationMs(durationText(ms))).toBe(ms);
      }),
    );
  });
});

describe('nearest', () => {
  it.each([
    ['treshold', 'threshold'],
    ['thresholds', 'threshold'],
    ['warmUp', 'warm_up'],
    ['warm-up', 'warm_up'],
    ['mesured', 'measured'],
    ['METRIC', 'metric'],
    ['url', undefined],
    ['completely_else', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ])('finds for %s: %s', (word, expected) => {
    expect(nearest(word, ['threshold', 'warm_up', 'measured', 'metric'])).toBe(expected);
  });

  it('knows no candidate without candidates', () => {
    expect(nearest('a', [])).toBeUndefined();
  });

  it('measures a distance: zero to itself, symmetric, at most the longer length', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  it('counts a swap of neighbours as one', () => {
    expect(editDistance('budgte', 'budget')).toBe(1);
  });
});

describe('paths of requests', () => {
  it('are ASCII once encoded, whatever was accepted', () => {
    const part = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('..', '%2e', '%', '/', '?', '#', '\\'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const path = `/${parts.join('')}`;
        if (objectToUrlPath(path) !== undefined) return;

        const encoded = encodeUrlPath(path);

        expect(encoded).toMatch(/^\/(?!\/)[!-~]*$/);
        expect(encodeUrlPath(encoded)).toBe(encoded);
        expect(new URL(`http://127.0.0.1${encoded}`).host).toBe('127.0.0.1');
      }),
    );
  });
});

describe('problems', () => {
  it('write paths as one would, and odd keys quoted', () => {
    expect(pathText(['scenarios', 0, 'gate', 12, 'threshold'])).toBe('scenarios[0].gate[12].threshold');
    expect(pathText(['env', 'a b', '\u001b'])).toBe('env["a b"]["\uFFFD"]');
    expect(pathText([])).toBe('');
  });

  it('print with place, path, message and fix', () => {
    const problem = {
      file: 'perf-ci.yml',
      line: 5,
      column: 7,
      path: 'pool',
      message: 'unknown',
      fix: 'remove it',
    };

    expect(formatProblems([problem, { file: 'a', path: '', message: 'b' }])).toBe(
      'perf-ci.yml:5:7  pool: unknown  remove it\na  b',
    );
  });
});
