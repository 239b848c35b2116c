import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cpus, hostname, release, totalmem } from 'node:os';

import type { Environment } from '../../domain/trial.ts';
import { cpuSourcesHere } from '../accounts/cpu-sources.ts';
import type { Pinning } from './pinning.ts';

/** Raised when the way of measuring changes so that older figures are no longer comparable. */
export const RUNNER_VERSION = '2';

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** A stable name of this machine; the id itself is hashed, since machine-id(5) asks not to give it away. */
export function machineId(): string {
  const id = read('/etc/machine-id') || hostname();
  return createHash('sha256').update(`perf-ci:${id}:${hostname()}`).digest('hex').slice(0, 16);
}

/** glibc version of this process, or `musl` or the platform where there is none. */
export function libcVersion(): string {
  const header = (process.report.getReport() as { header?: { glibcVersionRuntime?: string } }).header;
  if (header?.glibcVersionRuntime !== undefined) return `glibc ${header.glibcVersionRuntime}`;
  return process.platform === 'linux' ? 'musl' : process.platform;
}

/** `always`, `madvise` or `never`; empty where the kernel has no transparent huge pages. */
export function hugePageMode(): string {
  return /\[(\w+)\]/.exec(read('/sys/kernel/mm/transparent_hugepage/enabled'))?.[1] ?? '';
}

/** Whether `GLIBC_TUNABLES=glibc.malloc.hugetlb=1` has an effect here (glibc 2.35 and THP not `never`). */
export function canUseHugePages(): boolean {
  return whyNoHugePages(libcVersion(), hugePageMode()) === undefined;
}

/** What keeps malloc from huge pages, as part of a sentence; undefined: nothing does. */
export function whyNoHugePages(libc: string, mode: string): string | undefined {
  const version = /^glibc (\d+)\.(\d+)/.exec(libc);
  if (version === null) return `${libc} has no switch for them`;
  const isNewEnough = Number(version[1]) > 2 || Number(version[2]) >= 35;
  if (!isNewEnough) return `${libc} is older than 2.35`;
  if (mode === 'always' || mode === 'madvise') return undefined;
  return mode === '' ? 'this kernel has none' : `the kernel's are set to ${mode}`;
}

/**
 * Facts of this machine that go with every trial. Memory is rounded to GiB: a kernel reserves a little more
 * or less at each boot, and that is no other machine.
 */
export function describeEnvironment(options: { pinning: Pinning; hugePages: boolean }): Environment {
  const processors = cpus();
  const { pinning } = options;
  const facts = {
    machineId: machineId(),
    cpuModel: processors[0]?.model ?? 'unknown',
    cpuCount: processors.length,
    memoryBytes: Math.round(totalmem() / 2 ** 30) * 2 ** 30,
    kernel: release(),
    architecture: process.arch,
    nodeVersion: process.versions.node,
    libc: libcVersion(),
    hugePages: hugePageMode(),
    malloc: options.hugePages && canUseHugePages() ? ('huge-pages' as const) : ('default' as const),
    pinning: pinning ? `services ${pinning.services}, generator ${pinning.generator}` : 'none',
    sandboxTier: 'none' as const,
    cpuSource: cpuSourcesHere().source,
    runnerVersion: RUNNER_VERSION,
  };
  const fingerprint = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  return { fingerprint, ...facts };
}
