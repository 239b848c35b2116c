import type { RawEvent } from './events.ts';
import type { OnlineStore } from './features.ts';
import { CATEGORIES, DEVICES } from './request.ts';

/** Sums events up into the tables that the service serves from. */
export interface Aggregation {
  add(event: RawEvent): void;
  /** The tables of all events so far. */
  tables(): OnlineStore;
  /** Clicks that were left out because the same user had clicked the same item in that hour. */
  readonly repeatedClicks: number;
}

export function createAggregation(itemCount: number): Aggregation {
  const clicks = new Uint32Array(itemCount);
  const impressions = new Uint32Array(itemCount);
  const byDevice = createDemand(DEVICES.length);
  const byHour = createDemand(24);
  const clicked = new Set<number>();
  let repeatedClicks = 0;

  function add(event: RawEvent) {
    if (event.type === 'impression') {
      impressions[event.item]! += 1;
    } else {
      // An impatient user clicks twice; that is one wish.
      const key = (event.user * itemCount + event.item) * 24 + event.hour;
      if (clicked.has(key)) {
        repeatedClicks += 1;
        return;
      }
      clicked.add(key);
      clicks[event.item]! += 1;
    }
    byDevice.count(event.device, event);
    byHour.count(event.hour, event);
  }

  return {
    add,
    tables: () => ({
      // A click whose impression was lost must not make a rate above 1.
      clicks: clicks.map((count, item) => Math.min(count, impressions[item]!)),
      impressions,
      demandByDevice: byDevice.shares(),
      demandByHour: byHour.shares(),
    }),
    get repeatedClicks() {
      return repeatedClicks;
    },
  };
}

/** Click rates by row (a device or an hour) and category, each relative to the best category of its row. */
function createDemand(rows: number) {
  const clicks = new Uint32Array(rows * CATEGORIES);
  const impressions = new Uint32Array(rows * CATEGORIES);
  return {
    count(row: number, { type, category }: RawEvent) {
      const counters = type === 'click' ? clicks : impressions;
      counters[row * CATEGORIES + category]! += 1;
    },
    shares(): Float32Array {
      // Both counts start from a typical category's, as a single click says little.
      const rates = Float64Array.from(clicks, (count, at) =>
        Math.min(1, (count + 1) / (impressions[at]! + 20)),
      );
      return Float32Array.from(rates, (rate, at) => {
        const row = Math.floor(at / CATEGORIES) * CATEGORIES;
        return rate / Math.max(...rates.subarray(row, row + CATEGORIES));
      });
    },
  };
}
