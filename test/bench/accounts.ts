/**
 * CPU time of services of several kinds by our meter beside accounts that share nothing with it, and the two sources that
 * the meter has for an ordinary service beside each other.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { cpuBetween, openCpuMeter } from '../../src/measure/accounts/cpu.ts';
import { cpuSourcesHere } from '../../src/measure/accounts/cpu-sources.ts';
import { holdHost } from '../../src/measure/host/host-lock.ts';
import { ServiceClient } from '../../src/measure/load/http-client.ts';
import { createRandom } from '../../src/stats/random.ts';
import { accountsOf, kindsHere, whatIsMissing } from '../measure/accounts/independent.ts';
import { spread } from './figures.ts';

const CPU_SECONDS = 5;
const PHASES = 20;
const REQUESTS = 500;
const SEED = 3;

const share = (ours: number, theirs: number): string => `${((ours / theirs - 1) * 100).toFixed(2)} %`;

async function benchSources(say: (line: string) => void): Promise<void> {
  const { note } = cpuSourcesHere();
  if (note !== undefined) return say(`  sources not compared: ${note}`);
  const script = `require('node:http').createServer((q, s) => { let x = 1; for (let i = 0; i < 3e5; i += 1) x = (x * 31 + i) | 0; s.end(String(x)); }).listen(0, '127.0.0.1', function () { console.log(this.address().port); })`;
  const start = async (): Promise<{ pid: number; client: ServiceClient; end: () => void }> => {
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    return {
      pid: child.pid ?? 0,
      client: new ServiceClient(Number(text), 10_000),
      end: () => child.kill('SIGKILL'),
    };
  };
  const [inside, outside] = [await start(), await start()];
  const meters = { inside: openCpuMeter(inside), outside: openCpuMeter(outside, {}) };
  const random = createRandom(SEED);
  const bySource: number[] = [];
  const byPlace: number[] = [];
  for (let phase = 0; phase < PHASES; phase += 1) {
    const before = { inside: meters.inside.read(), outside: meters.outside.read() };
    for (let index = 0; index < REQUESTS; index += 1) {
      const pair = random.coin() ? [inside, outside] : [outside, inside];
      for (const { client } of pair) await client.send({ method: 'GET', path: '/', headers: {} });
    }
    const after = { inside: meters.inside.read(), outside: meters.outside.read() };
    const group = cpuBetween(before.inside, after.inside).cpuUs;
    const threads = cpuBetween(before.inside, after.inside, 'schedstat').cpuUs;
    bySource.push((group / threads - 1) * 100);
    byPlace.push((threads / cpuBetween(before.outside, after.outside).cpuUs - 1) * 100);
  }
  for (const { client, end } of [inside, outside]) {
    client.close();
    end();
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  await meters.inside.close();
  say(`  one Node process, ${PHASES} phases of ${REQUESTS} requests, seed ${SEED}:`);
  say(`    control group over schedstat, same phase: ${spread(bySource, '%', 4)}`);
  say(`    process in a group over one outside, both by schedstat: ${spread(byPlace, '%', 2)}`);
}

export async function benchAccounts(say: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'perf-ci-kinds-'));
  const host = await holdHost();
  try {
    say(
      `accounts: CPU time of ${CPU_SECONDS} s of load, ours and how far it is from others; goal: within 1 %`,
    );
    for (const program of ['cc', 'python3', 'time'] as const) {
      const missing = whatIsMissing(program);
      if (missing !== undefined) say(`  left out: ${missing}`);
    }
    for (const kind of kindsHere(folder)) {
      const { requests, ours, withoutGroup, timeUs, handMade } = await accountsOf(kind, CPU_SECONDS);
      const whole = ours.source === 'cgroup' ? handMade?.wholeUs : handMade?.loadUs;
      const time = timeUs === undefined ? 'no' : share(ours.cpuUs, timeUs);
      const group = whole === undefined ? 'no' : share(ours.cpuUs, whole);
      const second = handMade === undefined ? 'no' : share(withoutGroup.cpuUs, handMade.loadUs);
      say(
        `  ${kind.name}: ${(ours.cpuUs / 1e6).toFixed(3)} s by ${ours.source}, ${requests} requests` +
          ` · against time -v ${time}${kind.isWaitedFor ? '' : ' (does not see what nobody waits for)'}` +
          ` · against a group made by hand ${group} · without a group, by ${withoutGroup.source} ${second}`,
      );
    }
    await benchSources(say);
  } finally {
    await host.release();
    rmSync(folder, { recursive: true });
  }
}
