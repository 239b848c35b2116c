/**
 * `npm run bench [-- webhook|overhead|start|accounts|boundaries|judge|recorded …]`: prints figures, the machine and the spread. Nothing here passes or
 * fails: a busy machine gives other figures, and says so by its load. What takes hours is a program of its own:
 * `npm run bench:sensitivity` (sensitivity/main.ts).
 */
import { randomInt } from 'node:crypto';

import { benchAccounts } from './accounts.ts';
import { benchBoundaries } from './boundaries.ts';
import { describeMachine } from './figures.ts';
import { benchJudge } from './judge.ts';
import { benchOverhead } from './overhead.ts';
import { benchRecorded } from './recorded.ts';
import { benchStart } from './start.ts';
import { benchWebhook } from './webhook.ts';

const BENCHES: Record<string, (say: (line: string) => void) => Promise<void>> = {
  start: benchStart,
  overhead: benchOverhead,
  accounts: benchAccounts,
  webhook: (say) => benchWebhook(Number(process.env['BENCH_SEED'] ?? randomInt(2 ** 31)), say),
};

// Computed, not measured: the same seed prints the same table on every machine, so the default is fixed.
const COMPUTED: Record<string, (seed: number, say: (line: string) => void) => Promise<void>> = {
  boundaries: benchBoundaries,
  judge: benchJudge,
  recorded: benchRecorded,
};
for (const [name, run] of Object.entries(COMPUTED)) {
  BENCHES[name] = (say) => run(Number(process.env['BENCH_SEED'] ?? 2026), say);
}

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
