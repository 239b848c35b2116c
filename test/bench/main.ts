/**
 * `npm run bench [-- webhook|overhead|start …]`: prints figures, the machine and the spread. Nothing here passes or
 * fails: a busy machine gives other figures, and says so by its load.
 */
import { randomInt } from 'node:crypto';

import { describeMachine } from './figures.ts';
import { benchOverhead } from './overhead.ts';
import { benchStart } from './start.ts';
import { benchWebhook } from './webhook.ts';

const BENCHES: Record<string, (say: (line: string) => void) => Promise<void>> = {
  start: benchStart,
  overhead: benchOverhead,
  webhook: (say) => benchWebhook(Number(process.env['BENCH_SEED'] ?? randomInt(2 ** 31)), say),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark ${unknown.join(', ')}; there are: ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(3);
}
const say = (line: string): void => void process.stdout.write(`${line}\n`);
say(describeMachine());
for (const [name, run] of Object.entries(BENCHES)) {
  if (asked.length === 0 || asked.includes(name)) await run(say);
}
