import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { cpus } from 'node:os';
import { promisify } from 'node:util';

import { probeCommand } from '../../workers/places.ts';
import { cpuSourcesHere } from '../measure/accounts/cpu-sources.ts';
import { hugePageMode, libcVersion, whyNoHugePages } from '../measure/host/environment.ts';
import { lookAtHost } from '../measure/host/look.ts';
import { allowedCpus, choosePinning, parseCpuList } from '../measure/host/pinning.ts';
import { assessPreflight } from '../measure/host/preflight.ts';
import { findOnPath } from '../processes/wrap-command.ts';
import type { Finding } from './findings.ts';

const run = promisify(execFile);

/** Older versions lack fixes for hostile repositories that the checkout relies on. */
const MIN_GIT = [2, 34] as const;
/** Shorter than before a measurement: a person waits. */
const DOCTOR_LOOK_MS = 200;
const MIN_FREE_BYTES = 2 * 2 ** 30;

async function git(): Promise<Finding> {
  const name = 'git';
  try {
    const { stdout } = await run('git', ['--version']);
    const version = /(\d+)\.(\d+)/.exec(stdout);
    const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
    const isNewEnough = major > MIN_GIT[0] || (major === MIN_GIT[0] && minor >= MIN_GIT[1]);
    if (isNewEnough) return { name, state: 'ok', found: stdout.trim() };
    return {
      name,
      state: 'missing',
      found: stdout.trim(),
      todo: `install git ${MIN_GIT.join('.')} or newer`,
    };
  } catch {
    return { name, state: 'missing', found: 'not on PATH', todo: 'install git (apt-get install git)' };
  }
}

function processors(): Finding[] {
  const allowed = allowedCpus();
  const pinning = choosePinning();
  const model = cpus()[0]?.model ?? 'unknown model';
  const cores: Finding = {
    name: 'CPUs',
    state: 'ok',
    found: `${allowed.length || cpus().length} × ${model}`,
  };
  if (pinning !== undefined) {
    const found = `services on CPU ${pinning.services}, load generator on CPU ${pinning.generator}`;
    return [cores, { name: 'pinning', state: 'ok', found }];
  }
  const isAlone = allowed.length < 2;
  const todo = isAlone
    ? 'give this machine a second CPU: the load generator disturbs the service on one'
    : 'install util-linux (taskset)';
  return [cores, { name: 'pinning', state: 'warn', found: isAlone ? 'one CPU' : 'no taskset', todo }];
}

const CPU_SOURCES = {
  cgroup: 'control groups, exited processes included',
  schedstat: 'schedstat, nanoseconds',
  rusage: 'rusage, steps of 1 ms',
  ticks: 'ticks of 10 ms',
} as const;

function cpuTime(): Finding {
  const name = 'CPU time';
  if (process.platform !== 'linux') {
    return { name, state: 'missing', found: `no /proc on ${process.platform}`, todo: 'run workers on Linux' };
  }
  const { source, place, note } = cpuSourcesHere();
  const version = place === undefined ? '' : ` (version ${place.version})`;
  const found = `${CPU_SOURCES[source]}${version}${note === undefined ? '' : `; ${note}`}`;
  if (source === 'cgroup') return { name, state: 'ok', found };
  const todo =
    'let this user make control groups (systemd: Delegate=yes) to count processes that end as well';
  return { name, state: 'warn', found, todo };
}

function hugePages(): Finding {
  const name = 'huge pages';
  const found = `THP ${hugePageMode() || 'absent'}, ${libcVersion()}`;
  const why = whyNoHugePages(libcVersion(), hugePageMode());
  if (why === undefined) return { name, state: 'ok', found: `${found}: malloc uses them on both sides` };
  const todo =
    'with glibc 2.35 or newer: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled; it halves the noise';
  return { name, state: 'warn', found: `${found}: ${why}`, todo };
}

function sandbox(): Finding {
  const tools = ['bwrap', 'unshare'].filter((tool) => findOnPath(tool) !== undefined);
  return {
    name: 'sandbox',
    state: 'warn',
    found: `tier none (on this machine: ${tools.join(', ') || 'no tools'}); pull requests from forks are not run`,
    todo: 'give workers a host of their own; SECURITY.md says what is not protected',
  };
}

function parentDeath(): Finding {
  const name = 'clean-up';
  if (findOnPath('setpriv') !== undefined)
    return { name, state: 'ok', found: 'processes die with their parent (setpriv)' };
  return {
    name,
    state: 'warn',
    found: 'no setpriv',
    todo: 'install util-linux: a killed worker leaves its services running',
  };
}

/** The look that every measurement begins with, without a past to compare with. */
async function quiet(): Promise<Finding> {
  const name = 'load';
  const [cpu] = parseCpuList(choosePinning()?.services ?? '');
  const facts = await lookAtHost({
    probeCommand: probeCommand(),
    cpu: cpu === undefined ? undefined : String(cpu),
    lookMs: DOCTOR_LOOK_MS,
  });
  const { outcome, reasons } = assessPreflight(facts, []);
  const varied = [facts.alu, facts.randomRead].map((loop) =>
    loop === undefined ? 'unknown' : `${(loop.cv * 100).toFixed(1)} %`,
  );
  const found = `${facts.load1.toFixed(2)} over the last minute on ${facts.cpuCount} CPUs; arithmetic varies by ${varied[0]}, memory reads by ${varied[1]}`;
  if (outcome === 'accepted') return { name, state: 'ok', found };
  const todo = `measure on a quiet machine, noise costs time and verdicts: ${reasons.join('; ')}`;
  return { name, state: 'warn', found, todo };
}

async function disk(folder: string): Promise<Finding> {
  const name = 'disk';
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const found = `${(free / 2 ** 30).toFixed(1)} GiB free for ${folder}`;
    if (free >= MIN_FREE_BYTES) return { name, state: 'ok', found };
    return { name, state: 'warn', found, todo: 'builds and mirrors want at least 2 GiB' };
  } catch {
    return { name, state: 'ok', found: `${folder} is made at the first start` };
  }
}

/** What is looked at after a confirmed slowdown; Node's own profiler needs nothing. */
function closerLook(): Finding {
  const name = 'closer look';
  const missing = ['valgrind', 'perf'].filter((tool) => findOnPath(tool) === undefined);
  if (missing.length === 0) {
    return { name, state: 'ok', found: 'valgrind counts instructions, perf profiles native services' };
  }
  return {
    name,
    state: 'warn',
    found: `no ${missing.join(', no ')}: ${missing.includes('valgrind') ? 'no instruction counts' : ''}${missing.length === 2 ? ', ' : ''}${missing.includes('perf') ? 'no profiles of native services' : ''}`,
    todo: `apt-get install ${missing.map((tool) => (tool === 'perf' ? 'linux-perf' : tool)).join(' ')}, if a second opinion is worth it`,
  };
}

/** What this machine can measure. */
export async function examineMachine(dataFolder: string): Promise<Finding[]> {
  return [
    { name: 'Node', state: 'ok', found: process.versions.node },
    await git(),
    ...processors(),
    cpuTime(),
    hugePages(),
    parentDeath(),
    closerLook(),
    sandbox(),
    await quiet(),
    await disk(dataFolder),
  ];
}
