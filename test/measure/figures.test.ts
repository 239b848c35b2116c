import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { answerText, firstDifference } from '../../src/measure/load/answers.ts';
import { encodeHistogram, readHistogram, summarizeLatencies } from '../../src/measure/load/histogram.ts';
import { choosePinning, parseCpuList } from '../../src/measure/host/pinning.ts';
import { startCommand } from '../../src/measure/service-process.ts';

describe('latency figures', () => {
  it('agree with a slow, obvious nearest-rank percentile', () => {
    const slow = (values: number[], share: number): number =>
      values
        .toSorted((a, b) => a - b)
        .find((value) => values.filter((v) => v <= value).length >= share * values.length) ?? NaN;

    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 60 }),
        (values) => {
          const summary = summarizeLatencies(values);

          expect(summary.p50).toBe(slow(values, 0.5));
          expect(summary.p99).toBe(slow(values, 0.99));
          expect(summary.max).toBe(Math.max(...values));
        },
      ),
    );
  });

  it('refuse an empty list instead of inventing a zero', () => {
    expect(() => summarizeLatencies([])).toThrow(RangeError);
  });

  it('survive the histogram within its three digits', () => {
    const latencies = Array.from({ length: 500 }, (_, index) => 0.2 + index * 0.013);

    const histogram = readHistogram(encodeHistogram(latencies));

    expect(histogram.count).toBe(500);
    const exact = summarizeLatencies(latencies);
    expect(Math.abs(histogram.percentileMs(50) / exact.p50 - 1)).toBeLessThan(0.002);
    expect(Math.abs(histogram.percentileMs(99) / exact.p99 - 1)).toBeLessThan(0.002);
  });
});

describe('answers', () => {
  const json = (value: unknown, status = 200) => ({
    status,
    contentType: 'application/json',
    body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  });

  it('are equal when only ignored keys and the order of keys differ', () => {
    const a = json({ ids: [1, 2], stageMs: { recall: 1.2 }, nested: [{ stageMs: 1, x: 1 }] });
    const b = json({ nested: [{ x: 1, stageMs: 9 }], ids: [1, 2], stageMs: {} });

    expect(answerText(a, ['stageMs'])).toBe(answerText(b, ['stageMs']));
  });

  it.each([
    [json({ ids: [1, 2] }), json({ ids: [2, 1] })],
    [json({ ids: [] }), json({ ids: [] }, 500)],
    [json('{broken'), json('{broken2')],
  ])('differ by order of a list, by status, by broken bytes', (a, b) => {
    expect(answerText(a, [])).not.toBe(answerText(b, []));
  });

  it('are shown around their first difference', () => {
    expect(firstDifference(`${'x'.repeat(50)}abc`, `${'x'.repeat(50)}abd`)).toEqual({
      a: `…${'x'.repeat(18)}abc`,
      b: `…${'x'.repeat(18)}abd`,
    });
  });
});

describe('pinning', () => {
  it('reads kernel CPU lists', () => {
    expect(parseCpuList('0-2,5,7-8\n')).toEqual([0, 1, 2, 5, 7, 8]);
    expect(parseCpuList('')).toEqual([]);
  });

  it('gives the generator a CPU of its own, and does not pin where there is only one', () => {
    expect(choosePinning([0, 1], true)).toEqual({ services: '0', generator: '1' });
    expect(choosePinning([2, 3, 6, 7], true)).toEqual({ services: '2,3,6', generator: '7' });
    expect(choosePinning([0], true)).toBeUndefined();
    expect(choosePinning([0, 1], false)).toBeUndefined();
  });
});

it('a start command may take its port as an argument', () => {
  expect(startCommand(['serve', '--port={port}'], 12345)).toEqual(['serve', '--port=12345']);
});
