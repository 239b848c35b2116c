/**
 * CPU time of real services by our meter beside accounts that share nothing with it: GNU time's of the whole life, and a
 * control group that is made here by hand.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { cpuBetween, type CpuReading, openCpuMeter } from '../../../src/measure/accounts/cpu.ts';
import { findCpuSources } from '../../../src/measure/accounts/cpu-sources.ts';
import { ServiceClient } from '../../../src/measure/load/http-client.ts';
import { ServiceProcess } from '../../../src/measure/service-process.ts';
import { choosePorts } from '../../../src/measure/slots.ts';
import { findOnPath } from '../../../src/processes/wrap-command.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/services', import.meta.url));
const V1 = '/sys/fs/cgroup/cpuacct';
const NOTHING: CpuReading = { processes: new Map() };

export interface Kind {
  name: string;
  command: string[];
  /** Rounds of work a request, some milliseconds. */
  burn: number;
  /** Connections that ask at once. */
  clients: number;
  /** What it prints when it is whole, and how many times. */
  whole?: { text: string; count: number };
  /** Whether all that it starts is waited for; else GNU time does not see it. */
  isWaitedFor: boolean;
}

/** Why a kind of service cannot be started here, or undefined. */
export function whatIsMissing(program: 'cc' | 'python3' | 'time'): string | undefined {
  const found = program === 'cc' ? (findOnPath('cc') ?? findOnPath('gcc')) : findOnPath(program);
  if (found === undefined) return `${program} is not installed`;
  if (program !== 'time') return undefined;
  try {
    execFileSync(found, ['-v', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'time is not GNU time';
  }
}

/** Kinds of services as different as processes can be; the C ones are compiled into `folder`. */
export function kindsHere(folder: string): Kind[] {
  const kinds: Kind[] = [];
  if (whatIsMissing('cc') === undefined) {
    const program = join(folder, 'fork-server');
    const compiler = findOnPath('cc') ?? findOnPath('gcc') ?? 'cc';
    execFileSync(compiler, ['-O2', '-o', program, join(FIXTURES, 'fork-server.c')]);
    for (const mode of ['single', 'fork', 'daemon']) {
      const isWaitedFor = mode !== 'daemon';
      kinds.push({ name: `C, ${mode}`, command: [program, mode], burn: 1500, clients: 1, isWaitedFor });
    }
  }
  if (whatIsMissing('python3') === undefined) {
    const command = [findOnPath('python3') ?? 'python3', join(FIXTURES, 'threads.py')];
    kinds.push({ name: 'Python, threads', command, burn: 60, clients: 2, isWaitedFor: true });
  }
  kinds.push({
    name: 'Node, cluster',
    command: [process.execPath, join(FIXTURES, 'cluster.mjs')],
    burn: 1500,
    clients: 2,
    whole: { text: 'workers listening: ', count: 2 },
    isWaitedFor: true,
  });
  return kinds;
}

export interface Accounts {
  requests: number;
  /** Whole life, by our meter's best source. */
  ours: { cpuUs: number; source: string };
  /** Up to the end of the load, as it would be without a control group. */
  withoutGroup: { cpuUs: number; source: string };
  /** By GNU time: user and system time of the whole life, steps of 10 ms. */
  timeUs?: number;
  /** By a control group of version 1 made by hand, whole life and up to the end of the load. */
  handMade?: { wholeUs: number; loadUs: number };
}

/** A control group of version 1 that the test makes by itself; undefined where it may not. */
function makeByHand(name: string): string | undefined {
  try {
    const folder = join(V1, name);
    mkdirSync(folder);
    return folder;
  } catch {
    return undefined;
  }
}

function usageUs(group: string): number {
  return Number(readFileSync(join(group, 'cpuacct.usage'), 'utf8')) / 1000;
}

function timeUsOf(report: string): number {
  const seconds = (name: string): number =>
    Number(new RegExp(`${name} time \\(seconds\\): ([\\d.]+)`).exec(report)?.[1]);
  return (seconds('User') + seconds('System')) * 1e6;
}

/** Loads a service until it has used `cpuSeconds`, ends it, and gives all accounts of it. */
export async function accountsOf(kind: Kind, cpuSeconds: number): Promise<Accounts> {
  const folder = mkdtempSync(join(tmpdir(), 'perf-ci-accounts-'));
  const hand = makeByHand(`perf-ci-by-hand-${process.pid}`);
  const report = join(folder, 'time.txt');
  const time = whatIsMissing('time') === undefined ? ['time', '-v', '-o', report] : [];
  const join3 =
    hand === undefined ? [] : ['sh', '-c', 'echo $$ >"$0" && exec "$@"', join(hand, 'cgroup.procs')];
  const ports = await choosePorts('auto', 'base');
  const service = new ServiceProcess({
    side: 'base',
    service: {
      directory: '',
      build: [],
      buildTimeoutMs: 1000,
      start: [...join3, ...time, ...kind.command],
      port: 'auto',
      readyPath: '/healthz',
      readyTimeoutMs: 10_000,
      env: {},
      hugePages: false,
    },
    tree: folder,
    port: ports.base,
    env: { PATH: process.env['PATH'] ?? '', PORT: String(ports.base), BURN: String(kind.burn) },
    cpus: undefined,
    watch: kind.whole === undefined ? [] : [kind.whole.text],
  });
  try {
    await service.waitUntilReady();
    while (kind.whole !== undefined && service.printed(kind.whole.text) !== kind.whole.count) await sleep(5);
    // Version 2 comes first: then our group and the one made by hand are accounts of two hierarchies. Else ours is made
    // below the other, which counts what is below it.
    const found = findCpuSources();
    const isSame = hand !== undefined && found.place?.version === 1;
    const meter = openCpuMeter(service, isSame ? { place: { version: 1, folder: hand } } : found);
    const first = meter.read();
    let requests = 0;
    const clients = Array.from({ length: kind.clients }, () => new ServiceClient(service.port, 30_000));
    do {
      await Promise.all(
        clients.map(async (client) => {
          for (let index = 0; index < 50; index += 1)
            await client.send({ method: 'GET', path: '/', headers: {} });
        }),
      );
      requests += 50 * clients.length;
    } while (cpuBetween(first, meter.read()).cpuUs < cpuSeconds * 1e6);
    for (const client of clients) client.close();
    // What answered last may still be ending.
    await sleep(50);
    const loaded = meter.read();
    const loadUs = hand === undefined ? 0 : usageUs(hand);
    await endInside(service, time.length > 0);
    const last = meter.read();
    const beforeGroup = cpuBetween(NOTHING, first).cpuUs;
    const metered = cpuBetween(first, last.group === undefined ? loaded : last);
    const without = cpuBetween(NOTHING, loaded, 'schedstat');
    return {
      requests,
      ours: { cpuUs: beforeGroup + metered.cpuUs, source: metered.source },
      withoutGroup: { cpuUs: without.cpuUs, source: without.source },
      ...(time.length > 0 ? { timeUs: timeUsOf(readFileSync(report, 'utf8')) } : {}),
      ...(hand === undefined ? {} : { handMade: { wholeUs: usageUs(hand), loadUs } }),
    };
  } finally {
    await service.stop();
    if (hand !== undefined) rmdirSync(hand);
    rmSync(folder, { recursive: true });
  }
}

/** Ends the service itself and not GNU time above it, which then writes its report. */
async function endInside(service: ServiceProcess, isTimed: boolean): Promise<void> {
  const children = readFileSync(`/proc/${service.pid}/task/${service.pid}/children`, 'utf8')
    .trim()
    .split(' ');
  process.kill(isTimed ? Number(children[0]) : service.pid, 'SIGTERM');
  const endMs = performance.now() + 10_000;
  while (service.end === undefined && performance.now() < endMs) await sleep(10);
}
