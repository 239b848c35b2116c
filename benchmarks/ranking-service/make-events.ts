// Stands in for the log of a shop: the same seed and count give the same file on every machine.
//   node make-events.ts --out events.jsonl [--count 1000000] [--seed 1]
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Catalogue, createCorpus, FULL_SIZE } from './corpus.ts';
import { eventLine, type RawEvent } from './events.ts';
import { readCount, readName } from './options.ts';
import { createRandom, drawInteger, type Random } from './random.ts';
import { DEVICES } from './request.ts';
import { DEFAULTS } from './settings.ts';

const MOST_EVENTS = 10_000_000;
const EVENTS_PER_WRITE = 10_000;
/** Of those who see an item; popular ones are clicked more. */
const CLICK_SHARE = 0.12;
const SECOND_CLICK_SHARE = 0.05;

/** The events that follow when one item is shown to one user: an impression, sometimes a click, sometimes another. */
function drawVisit(random: Random, catalogue: Catalogue): RawEvent[] {
  // Squared: few items get most of the attention, as in any shop.
  const item = Math.floor(random() ** 2 * catalogue.count);
  const shown = {
    type: 'impression',
    user: drawInteger(random, FULL_SIZE.users),
    item,
    category: catalogue.category[item]!,
    device: drawInteger(random, DEVICES.length),
    hour: Math.floor(24 * Math.sqrt(random())),
  } as const;
  const isClicked = random() < CLICK_SHARE * (0.5 + catalogue.popularity[item]!);
  if (!isClicked) return [shown];
  const click = { ...shown, type: 'click' } as const;
  return random() < SECOND_CLICK_SHARE ? [shown, click, click] : [shown, click];
}

function make(): string {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      count: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const out = readName(values.out, '--out');
  const count = readCount(values.count, '--count', MOST_EVENTS);
  const random = createRandom(readCount(values.seed, '--seed', 2 ** 31 - 1));
  const { catalogue } = createCorpus(DEFAULTS.SEED);
  const partial = `${out}.partial`;
  const file = openSync(partial, 'w');
  let lines: string[] = [];
  const flush = () => {
    writeSync(file, lines.join(''));
    lines = [];
  };
  let written = 0;
  while (written < count) {
    for (const event of drawVisit(random, catalogue).slice(0, count - written)) {
      lines.push(`${eventLine(event)}\n`);
      written += 1;
    }
    if (lines.length >= EVENTS_PER_WRITE) flush();
  }
  flush();
  closeSync(file);
  renameSync(partial, out);
  return `${written} events in ${out}`;
}

try {
  console.log(`make-events: ${make()}`);
} catch (error) {
  console.error(`make-events: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
