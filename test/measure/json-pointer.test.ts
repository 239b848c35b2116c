import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonPointer, readJsonNumber, readJsonPointer } from '../../src/measure/load/json-pointer.ts';

/** The document of RFC 6901, section 5. */
const DOCUMENT = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
};

describe('a JSON pointer', () => {
  it.each([
    ['', DOCUMENT],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
  ])('%j leads where RFC 6901 says', (pointer, value) => {
    expect(readJsonPointer(DOCUMENT, pointer)).toEqual(value);
  });

  it.each(['/bar', '/foo/2', '/foo/-', '/foo/00', '/foo/-1', '/foo/1e0', '/foo/length', '/foo/0/0', '//x'])(
    '%j leads to nothing',
    (pointer) => {
      expect(readJsonPointer(DOCUMENT, pointer)).toBeUndefined();
    },
  );

  it.each(['/constructor', '/__proto__', '/foo/constructor', '/toString/length'])(
    '%j finds nothing that the document does not hold itself',
    (pointer) => {
      expect(readJsonPointer(DOCUMENT, pointer)).toBeUndefined();
    },
  );

  it.each([null, undefined, 7, 'text', true])('leads to nothing in %j', (document) => {
    expect(readJsonPointer(document, '/a')).toBeUndefined();
    expect(readJsonPointer(document, '')).toBe(document);
  });

  it('reads ~01 as the two characters ~1', () => {
    expect(readJsonPointer({ '~1': 'right', '/': 'wrong' }, '/~01')).toBe('right');
  });

  it.each(['foo', '#/foo', '/a~', '/a~2', '/~x', `/${'x'.repeat(1_000)}`])(
    'is not %j, and says so',
    (pointer) => {
      expect(() => parseJsonPointer(pointer)).toThrow(
        /^expected a JSON pointer such as \/items\/0\/id, found /,
      );
    },
  );

  it('finds every value of any document by the path to it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (document) => {
        for (const [path, value] of placesIn(document)) {
          const pointer = path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
          if (pointer.length <= 1_000) expect(readJsonPointer(document, pointer)).toBe(value);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('gives a number only when there is a finite one', () => {
    expect(readJsonNumber({ a: { b: [1, '2', null] } }, '/a/b/0')).toBe(1);
    expect(readJsonNumber({ a: { b: [1, '2', null] } }, '/a/b/1')).toBeUndefined();
    expect(readJsonNumber({ a: { b: [1, '2', null] } }, '/a/b/2')).toBeUndefined();
    expect(readJsonNumber({ a: Number.POSITIVE_INFINITY }, '/a')).toBeUndefined();
  });
});

function placesIn(value: unknown, path: string[] = []): [string[], unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  const inner = Object.entries(value).flatMap(([key, item]) => placesIn(item, [...path, key]));
  return [[path, value], ...inner];
}
