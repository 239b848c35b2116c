// The offline half of the service: raw events in, the feature tables that the service serves from out.
//   node make-events.ts --out events.jsonl && node build-features.ts --events events.jsonl --out tables
//   FEATURES=tables node server.ts
import { parseArgs } from 'node:util';
import { createAggregation } from './aggregate.ts';
import { FULL_SIZE } from './corpus.ts';
import { parseEvent } from './events.ts';
import { TABLES_FILE, writeFeatureTables } from './feature-tables.ts';
import { readLines } from './lines.ts';
import { readCount, readName } from './options.ts';

async function build(): Promise<string> {
  const { values } = parseArgs({
    options: {
      events: { type: 'string' },
      out: { type: 'string' },
      items: { type: 'string', default: String(FULL_SIZE.items) },
    },
  });
  const events = readName(values.events, '--events');
  const out = readName(values.out, '--out');
  const items = readCount(values.items, '--items', FULL_SIZE.items);
  const aggregation = createAggregation(items);
  const count = await readLines(events, (line) => aggregation.add(parseEvent(line, items)));
  if (count === 0) throw new Error(`${events}: expected events, found none`);
  const { bytes } = writeFeatureTables(out, aggregation.tables());
  return `${count} events, ${aggregation.repeatedClicks} repeated clicks left out, ${TABLES_FILE} of ${bytes} bytes`;
}

try {
  console.log(`build-features: ${await build()}`);
} catch (error) {
  console.error(`build-features: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
