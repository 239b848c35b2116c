import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, deriveSeed } from '../../src/stats/random.ts';

describe('createRandom', () => {
  it('gives the same sequence for the same seed, on every machine', () => {
    const random = createRandom(42);

    const drawn = [random.int(1000), random.int(1000), random.int(1000), random.coin(), random.next()];

    expect(drawn).toEqual([997, 891, 52, false, 0.9052028763107955]);
  });

  it('gives unlike sequences for neighbouring seeds', () => {
    const starts = Array.from({ length: 1000 }, (_, seed) => createRandom(seed).next());

    expect(new Set(starts).size).toBe(1000);
  });

  it('takes every whole number as a seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const value = createRandom(seed).next();

        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThan(1);
      }),
    );
  });

  it('throws fair coins, also in runs of two', () => {
    const random = createRandom(7);
    const counts = new Map<string, number>();

    for (let i = 0; i < 20_000; i++) {
      const two = `${random.coin()}${random.coin()}`;
      counts.set(two, (counts.get(two) ?? 0) + 1);
    }

    // Four standard errors of a share of 1/4 over 20,000 throws.
    for (const count of counts.values()) expect(Math.abs(count - 5000)).toBeLessThan(245);
  });

  it('draws every whole number below the limit equally often, also when the limit is no power of two', () => {
    const random = createRandom(3);
    const counts = [0, 0, 0, 0, 0, 0, 0];

    for (let i = 0; i < 70_000; i++) {
      const drawn = random.int(7);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }

    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 32 + 1])('refuses %s as a limit', (limit) => {
    expect(() => createRandom(1).int(limit)).toThrow(RangeError);
  });

  it('shuffles to a permutation and leaves the list as it was', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.integer(), { maxLength: 20 }), (seed, items) => {
        const before = [...items];

        const shuffled = createRandom(seed).shuffle(items);

        expect(items).toEqual(before);
        expect([...shuffled].sort((a, b) => a - b)).toEqual([...items].sort((a, b) => a - b));
      }),
    );
  });

  it('reaches all orders of three items about equally often', () => {
    const random = createRandom(11);
    const counts = new Map<string, number>();

    for (let i = 0; i < 12_000; i++) {
      const order = random.shuffle(['a', 'b', 'c']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }

    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(170);
  });
});

describe('deriveSeed', () => {
  it('tells labels apart by text, by type and by where one ends', () => {
    const seeds = [
      deriveSeed(1),
      deriveSeed(1, 'a'),
      deriveSeed(1, 'a', 1),
      deriveSeed(1, 'a', '1'),
      deriveSeed(1, 'a1'),
      deriveSeed(1, 'ab', 'c'),
      deriveSeed(1, 'a', 'bc'),
      deriveSeed(2, 'a', 'bc'),
    ];

    expect(new Set(seeds).size).toBe(seeds.length);
  });

  it('is a 32-bit unsigned number that depends on nothing but its arguments', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.oneof(fc.string(), fc.integer())), (seed, labels) => {
        const derived = deriveSeed(seed, ...labels);

        expect(derived).toBe(deriveSeed(seed, ...labels));
        expect(derived).toBe(derived >>> 0);
      }),
    );
  });
});
