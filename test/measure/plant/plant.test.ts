import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ProjectConfig } from '../../../src/domain/benchmark.ts';
import type { Plant } from '../../../src/domain/control.ts';
import type { Trial, TrialOutcome } from '../../../src/domain/trial.ts';
import {
  applyPlant,
  calibrate,
  isNodeStart,
  noPlant,
  PLANT_VARIABLE,
  plantableConfig,
  plantedStart,
  whyNotPlantable,
} from '../../../src/measure/plant/plant.ts';
import { plantNumbers, plantText } from '../../../src/measure/plant/plant-text.ts';
import { parsePlant, plantWords } from '../../../src/measure/plant/words.ts';

const PLANTS = fc.oneof(
  fc.constant<Plant>({ kind: 'none' }),
  fc.double({ min: 0.001, max: 1, noNaN: true }).map((share): Plant => ({ kind: 'cpu', share })),
  fc
    .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 10_000 }))
    .map(([share, delayMs]): Plant => ({ kind: 'stall', share, delayMs })),
  fc.integer({ min: 0, max: 999_999 }).map((bytesPerRequest): Plant => ({ kind: 'leak', bytesPerRequest })),
  fc.integer({ min: 0, max: 60_000 }).map((delayMs): Plant => ({ kind: 'slow-start', delayMs })),
);
const SEEDS = fc.integer({ min: 0, max: 2 ** 32 - 1 });

function working(cpuUs: number, requests: number): TrialOutcome {
  return { state: 'ok', trial: { cpuUs, requests } as Trial };
}

describe('the start of a planted side', () => {
  it('has environments of equal length on both sides, whatever is planted', () => {
    fc.assert(
      fc.property(PLANTS, SEEDS, fc.double({ min: 1, max: 1e6, noNaN: true }), (plant, seed, cpuUs) => {
        const own = { start: ['node', 'server.ts'], env: { PATH: '/bin', PORT: '12345' } };
        const [base, head] = (['base', 'head'] as const).map((side) =>
          plantedStart(own, applyPlant(plant, seed, cpuUs), side),
        );
        expect(head!.start).toEqual(base!.start);
        const lengths = (env: Readonly<Record<string, string>>): [string, number][] =>
          Object.entries(env).map(([name, value]) => [name, value.length]);
        expect(lengths(head!.env)).toEqual(lengths(base!.env));
      }),
    );
  });

  it('plants nothing in the base, and the head is told the numbers', () => {
    const own = { start: ['node', 'server.ts'], env: {} };
    const applied = applyPlant({ kind: 'cpu', share: 0.03 }, 7, 700);
    const text = (side: 'base' | 'head'): string | undefined =>
      plantedStart(own, applied, side).env[PLANT_VARIABLE];
    expect(text('head')).toBe(
      'cpu=0000021.000 share=0.000000 delay=000000.0 keep=0000000000 start=000000.0 seed=0000000007',
    );
    expect(text('base')).toBe(
      'cpu=0000000.000 share=0.000000 delay=000000.0 keep=0000000000 start=000000.0 seed=0000000007',
    );
  });

  it('keeps the options that a service has for Node already', () => {
    const own = { start: ['node', 'server.ts'], env: { NODE_OPTIONS: '--max-old-space-size=64' } };
    const { env } = plantedStart(own, noPlant(1), 'base');
    expect(env['NODE_OPTIONS']).toMatch(/^--max-old-space-size=64 --require ".*preload\.cjs"$/);
  });

  it('puts a proxy before what is not Node and leaves {port} for it', () => {
    const own = { start: ['python3', '-m', 'http.server', '{port}'], env: { PORT: '12345' } };
    const { start, env } = plantedStart(own, noPlant(1), 'head');
    expect(start[0]).toBe(process.execPath);
    expect(start[1]).toMatch(/proxy\.cjs$/);
    expect(JSON.parse(env['PERF_CI_PLANTED_COMMAND']!)).toEqual(own.start);
    expect(env['NODE_OPTIONS']).toBeUndefined();
  });

  it.each([
    [['node', 'server.ts'], true],
    [['/usr/local/bin/node', 'x.js'], true],
    [['nodejs', 'x.js'], true],
    [['npm', 'start'], false],
    [['./node-like', 'x'], false],
    [[], false],
  ])('takes %j for Node: %s', (start, expected) => {
    expect(isNodeStart(start)).toBe(expected);
  });

  it('says what it cannot plant', () => {
    const load = {};
    expect(whyNotPlantable(['node', 'x'], { load })).toBeUndefined();
    expect(whyNotPlantable(['node', 'x'], { kind: 'grpc', load })).toBeUndefined();
    expect(whyNotPlantable(['./server'], { load })).toBeUndefined();
    expect(whyNotPlantable(['./server'], { load: { protocol: 'http2' } })).toContain('HTTP/2');
    expect(whyNotPlantable(['./server'], { kind: 'grpc', load })).toContain('HTTP/2');
    expect(whyNotPlantable(['node', 'x'], { kind: 'command', load })).toContain('command');
  });

  it('leaves out of a planted control what it cannot plant, and nothing of one with nothing planted', () => {
    const scenarios = [{ load: {} }, { kind: 'command', load: {} }];
    const config = { service: { start: ['node', 'x'] }, scenarios } as unknown as ProjectConfig;

    expect(plantableConfig(config, { kind: 'cpu', share: 0.03 }).scenarios).toEqual(scenarios.slice(0, 1));
    expect([undefined, { kind: 'none' } as const].map((plant) => plantableConfig(config, plant))).toEqual([
      config,
      config,
    ]);
  });
});

describe('the numbers of a plant', () => {
  it.each([
    ['cpu', -1],
    ['cpu', NaN],
    ['cpu', Infinity],
    ['cpu', 1e7],
    ['cpu', 9_999_999.9999],
    ['keep', 1e10],
    ['share', 10],
    ['delay', 1e21],
  ] as const)('refuse %s = %d', (name, value) => {
    const numbers = { ...plantNumbers(noPlant(0)), [name]: value };
    expect(() => plantText(numbers)).toThrow(RangeError);
  });

  it('come from the mean of both sides of a pair with nothing planted', () => {
    expect(calibrate({ base: working(70_000, 100), head: working(72_000, 100) })).toBe(710);
  });

  it('cannot come from a pair that failed, nor from one without CPU time', () => {
    const failure = { kind: 'exited', message: '', outputTail: '' } as const;
    expect(calibrate({ base: working(1, 1), head: { state: 'failed', failure } })).toBeUndefined();
    expect(calibrate({ base: working(0, 1), head: working(0, 1) })).toBeUndefined();
  });

  it('of CPU need to know what a request costs', () => {
    expect(() => applyPlant({ kind: 'cpu', share: 0.03 }, 1)).toThrow(RangeError);
  });
});

describe('plants on the command line', () => {
  it.each<[string, Plant, string]>([
    ['none', { kind: 'none' }, 'nothing planted'],
    ['cpu:2', { kind: 'cpu', share: 0.02 }, '2 % CPU'],
    ['cpu:0.5', { kind: 'cpu', share: 0.005 }, '0.5 % CPU'],
    ['stall', { kind: 'stall', share: 0.01, delayMs: 20 }, '1 % of answers 20 ms later'],
    ['stall:5:100', { kind: 'stall', share: 0.05, delayMs: 100 }, '5 % of answers 100 ms later'],
    ['leak', { kind: 'leak', bytesPerRequest: 2048 }, '2048 bytes kept a request'],
    ['leak:100', { kind: 'leak', bytesPerRequest: 100 }, '100 bytes kept a request'],
    ['slow-start:50', { kind: 'slow-start', delayMs: 50 }, 'start 50 ms later'],
  ])('%s', (text, plant, words) => {
    expect(parsePlant(text)).toEqual(plant);
    expect(plantWords(plant)).toBe(words);
  });

  it.each(['', 'cpu', 'cpu:', 'cpu:0', 'cpu:-1', 'cpu:101', 'cpu:1e9', 'cpu:3:3', 'stall:1', 'leak:1.5'])(
    'refuses %j',
    (text) => {
      expect(() => parsePlant(text)).toThrow(/expected a plant such as/);
    },
  );
  it.each(['slow-start', 'slow-start:99999', 'none:1', 'constructor', 'cpu:3 '])('refuses %j', (text) => {
    expect(() => parsePlant(text)).toThrow(/expected a plant such as/);
  });
});
