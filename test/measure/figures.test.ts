import { spawn } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { answerText, firstDifference } from '../../src/measure/answers.ts';
import { encodeHistogram, readHistogram, summarizeLatencies } from '../../src/measure/histogram.ts';
import { choosePinning, parseCpuList } from '../../src/measure/pinning.ts';
import { cpuBetween, takeCpuSnapshot } from '../../src/measure/process-tree.ts';
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

describe('CPU time of a process tree', () => {
  it('counts what a child burned, also when the child is gone by then', async () => {
    const burnMs = 300;
    const burner = `const end = process.cpuUsage().user + ${burnMs * 1000}; while (process.cpuUsage().user < end);`;
    const script = `
      const { spawn } = require('node:child_process');
      process.stdin.once('data', () => {
        spawn(process.execPath, ['-e', ${JSON.stringify(burner)}], { stdio: 'ignore' })
          .on('exit', () => process.stdout.write('done'));
      });
      process.stdout.write('up');`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'ignore'] });
    const said = (): Promise<unknown> => new Promise((resolve) => parent.stdout.once('data', resolve));
    await said();

    const before = takeCpuSnapshot(parent.pid as number);
    parent.stdin.write('go');
    await said();
    const spent = cpuBetween(before, takeCpuSnapshot(parent.pid as number));
    parent.kill('SIGKILL');

    expect(spent.cpuUs).toBeGreaterThan(burnMs * 1000 * 0.9);
  });

  it('is zero between a snapshot and itself', () => {
    const snapshot = takeCpuSnapshot(process.pid);

    expect(cpuBetween(snapshot, snapshot)).toEqual({ cpuUs: 0, source: 'schedstat' });
  });

  it('falls back to ticks for a process that lost a thread, since schedstat forgets it', () => {
    const before = new Map([
      [
        1,
        {
          threads: new Map([
            [1, 1e9],
            [2, 5e9],
          ]),
          ownTicks: 600,
          childTicks: 0,
        },
      ],
    ]);
    const after = new Map([[1, { threads: new Map([[1, 2e9]]), ownTicks: 750, childTicks: 0 }]]);

    expect(cpuBetween(before, after)).toEqual({ cpuUs: 1_500_000, source: 'ticks' });
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
