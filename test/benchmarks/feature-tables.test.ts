import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAggregation } from '../../benchmarks/ranking-service/aggregate.ts';
import { eventLine, parseEvent, type RawEvent } from '../../benchmarks/ranking-service/events.ts';
import {
  decodeFeatureTables,
  encodeFeatureTables,
  readFeatureTables,
  TABLES_FILE,
  writeFeatureTables,
} from '../../benchmarks/ranking-service/feature-tables.ts';
import type { OnlineStore } from '../../benchmarks/ranking-service/features.ts';
import { createRanker } from '../../benchmarks/ranking-service/rank.ts';
import { CATEGORIES, DEVICES } from '../../benchmarks/ranking-service/request.ts';
import { SMALL_SIZE } from './small-corpus.ts';

const ITEMS = 6;
// Few of everything, so that events meet in the same counters.
const anEvent: fc.Arbitrary<RawEvent> = fc.record({
  type: fc.constantFrom('impression', 'click'),
  user: fc.integer({ min: 0, max: 2 }),
  item: fc.integer({ min: 0, max: ITEMS - 1 }),
  category: fc.integer({ min: 0, max: CATEGORIES - 1 }),
  device: fc.integer({ min: 0, max: DEVICES.length - 1 }),
  hour: fc.integer({ min: 0, max: 23 }),
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perf-ci-tables-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function aggregate(events: readonly RawEvent[]): OnlineStore {
  const aggregation = createAggregation(ITEMS);
  for (const event of events) aggregation.add(event);
  return aggregation.tables();
}

/** The same tables, each number counted by a pass of its own over all events. */
function slowTwin(events: readonly RawEvent[]): OnlineStore {
  const isFirst = (event: RawEvent, at: number): boolean =>
    events.findIndex(
      ({ type, user, item, hour }) =>
        type === 'click' && user === event.user && item === event.item && hour === event.hour,
    ) === at;
  const counted = events.filter((event, at) => event.type === 'impression' || isFirst(event, at));
  const count = (type: RawEvent['type'], where: (event: RawEvent) => boolean): number =>
    counted.filter((event) => event.type === type && where(event)).length;
  const demand = (rows: number, rowOf: (event: RawEvent) => number): Float32Array => {
    const table: number[] = [];
    for (let row = 0; row < rows; row++) {
      const rates = Array.from({ length: CATEGORIES }, (_, category) => {
        const here = (event: RawEvent) => rowOf(event) === row && event.category === category;
        return Math.min(1, (count('click', here) + 1) / (count('impression', here) + 20));
      });
      table.push(...rates.map((rate) => rate / Math.max(...rates)));
    }
    return Float32Array.from(table);
  };
  const items = [...Array(ITEMS).keys()];
  const impressions = items.map((id) => count('impression', ({ item }) => item === id));
  return {
    impressions: Uint32Array.from(impressions),
    clicks: Uint32Array.from(items, (id) =>
      Math.min(
        impressions[id]!,
        count('click', ({ item }) => item === id),
      ),
    ),
    demandByDevice: demand(DEVICES.length, ({ device }) => device),
    demandByHour: demand(24, ({ hour }) => hour),
  };
}

describe('the aggregation of events', () => {
  it('gives what counting by hand gives', () => {
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 30 }), (events) => {
        expect(aggregate(events)).toEqual(slowTwin(events));
      }),
      { numRuns: 30 },
    );
  });

  it('holds numbers between 0 and 1 where the service expects them, whatever the events', () => {
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 60 }), (events) => {
        const { clicks, impressions, demandByDevice, demandByHour } = aggregate(events);

        expect(clicks.every((count, item) => count <= impressions[item]!)).toBe(true);
        expect([...demandByDevice, ...demandByHour].every((value) => value >= 0 && value <= 1)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a line of the log', () => {
  it('reads as it was written', () => {
    fc.assert(
      fc.property(anEvent, (event) => {
        expect(parseEvent(eventLine(event), ITEMS)).toEqual(event);
      }),
    );
  });

  it.each([
    ['{"type":', 'expected one JSON object, found "{\\"type\\":"'],
    ['[1]', 'expected one JSON object, found [1]'],
    ['null', 'expected one JSON object, found null'],
    ['{"type":"view"}', 'expected type to be impression or click, found "view"'],
    ['{"type":"click"}', 'expected device to be one of phone, tablet, desktop, tv, found nothing'],
    [
      '{"type":"click","device":"tv","user":-1}',
      'expected user to be a whole number from 0 to 16777215, found -1',
    ],
    [
      '{"type":"click","device":"tv","user":1,"item":6,"category":1,"hour":1}',
      'expected item to be a whole number from 0 to 5, found 6',
    ],
    [
      '{"type":"click","device":"tv","user":1,"item":5,"category":1.5,"hour":1}',
      'expected category to be a whole number from 0 to 23, found 1.5',
    ],
    [
      '{"type":"click","device":"tv","user":1,"item":5,"category":1,"hour":24}',
      'expected hour to be a whole number from 0 to 23, found 24',
    ],
  ])('%s is refused', (line, message) => {
    expect(() => parseEvent(line, ITEMS)).toThrow(message);
  });
});

describe('the tables in a file', () => {
  const store = aggregate(fc.sample(anEvent, { seed: 3, numRuns: 200 }));

  it('come back as they were, and a second build replaces the first without a trace', async () => {
    const place = join(folder, 'made', 'on', 'demand');

    writeFeatureTables(place, aggregate([]));
    writeFeatureTables(place, store);

    expect(readFeatureTables(place, ITEMS)).toEqual(store);
    expect(await readdir(place)).toEqual([TABLES_FILE]);
  });

  it('are refused when any byte of them is another', () => {
    const file = encodeFeatureTables(store);

    for (let at = 0; at < file.length; at += 7) {
      const damaged = Buffer.from(file);
      damaged[at]! ^= 0x10;
      expect(() => decodeFeatureTables(damaged, ITEMS, 't')).toThrow(
        at < 8 ? 't: expected feature tables that begin with RSFEAT01' : 't: expected bytes that fit',
      );
    }
  });

  it.each([0, 1, 63, 64, 100])('are refused when only %d bytes of them are left', (length) => {
    const file = encodeFeatureTables(store).subarray(0, length);

    expect(() => decodeFeatureTables(file, ITEMS, 't')).toThrow(/^t: expected/);
  });

  it('are refused for a catalogue of another size', () => {
    expect(() => decodeFeatureTables(encodeFeatureTables(store), ITEMS + 1, 't')).toThrow(
      't: expected tables for 7 items, found 6',
    );
  });
});

describe('a ranking with built tables', () => {
  const request = {
    userId: 3,
    context: { device: 0, hour: 9, locale: 0, surface: 0 },
    k: 5,
    candidates: 100,
  };
  const none: OnlineStore = {
    clicks: new Uint32Array(SMALL_SIZE.items),
    impressions: new Uint32Array(SMALL_SIZE.items),
    demandByDevice: new Float32Array(DEVICES.length * CATEGORIES),
    demandByHour: new Float32Array(24 * CATEGORIES),
  };

  it('is answered in the same form, from other counters', () => {
    const seeded = createRanker(7, SMALL_SIZE).rank(request);
    const built = createRanker(7, SMALL_SIZE, none).rank(request);

    expect(Object.keys(built)).toEqual(Object.keys(seeded));
    expect(built.ids).toHaveLength(seeded.ids.length);
    expect(built.scores).not.toEqual(seeded.scores);
  });
});
