import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storableJson, storableText, withoutUndefined } from '../../src/store/storable.ts';
import { freshDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test('any text at all can be stored after it was made storable', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (text) => {
      const { rows } = await database.pool.query<{ stored: string }>('select $1::text as stored', [
        storableText(text),
      ]);
      expect(rows[0]?.stored).toBe(storableText(text));
    }),
    { numRuns: 60, examples: [['\u0000'], ['\uD800'], ['a\uDC00b']] },
  );
});

test('any object can be stored as jsonb after it was made storable, keys too', async () => {
  await fc.assert(
    fc.asyncProperty(fc.object({ maxDepth: 2, withNullPrototype: false }), async (value) => {
      const { rows } = await database.pool.query('select $1::jsonb as stored', [storableJson(value)]);
      expect(rows).toHaveLength(1);
    }),
    { numRuns: 60, examples: [[{ 'a\u0000b': ['\uD800', { c: '\u0000' }] }]] },
  );
});

test('what is storable already is not touched', () => {
  const value = { name: 'grüße 🎉', list: [1, null, 'x'], nested: { ok: true } };

  expect(JSON.parse(storableJson(value))).toEqual(value);
});

test('properties that are undefined are left out', () => {
  expect(Object.keys(withoutUndefined<{ a?: number; b: null }>({ a: undefined, b: null }))).toEqual(['b']);
});
