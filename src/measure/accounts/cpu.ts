import type { CpuSource, Side } from '../../domain/trial.ts';
import { type GroupUsage, ServiceGroup } from './cgroup.ts';
import { cpuBetween as betweenSnapshots, type CpuSnapshot, snapshotOf } from './cpu-snapshot.ts';
import { type CpuSources, cpuSourcesHere } from './cpu-sources.ts';
import { parseStat, PROC, readFact } from './proc-files.ts';
import { peakMemoryOf, type ServiceIdentity, serviceMembers } from './process-tree.ts';

/** CPU time of a service so far, from every source that there is. */
export interface CpuReading {
  group?: GroupUsage;
  processes: CpuSnapshot;
}

/** CPU time between two readings. */
export interface CpuSpent {
  cpuUs: number;
  /** Parts of `cpuUs`; left out when too little was spent to tell. */
  userUs?: number;
  systemUs?: number;
  source: CpuSource;
  /** What is second best about this figure and why, one sentence. */
  note?: string;
}

/** Reads the CPU time of one service with all that it starts, for as long as it lives. */
export interface CpuMeter {
  read(): CpuReading;
  /** Living pids of the service, daemons that left it included. */
  members(): number[];
  /** Sum of the peak resident memory (VmHWM) of the living processes, in bytes. */
  peakMemoryBytes(): number;
  /** Removes the service's control group; call it after the service has been stopped. */
  close(): Promise<void>;
}

export interface MeteredProcess extends ServiceIdentity {
  /** Called with what must be done once the process has been stopped. */
  afterStop?(action: () => Promise<void>): void;
}

const MOVE_ROUNDS = 20;

/** Whether a process has ended and only waits for its parent to notice: the kernel moves none of these. */
function hasEnded(pid: number): boolean {
  const stat = parseStat(readFact(`${PROC}/${pid}/stat`) ?? '');
  return stat === undefined || 'ZXx'.includes(stat.state);
}

/** Moves all of a service into `group`; what forks meanwhile is found in the next round. */
function moveAll(service: ServiceIdentity, group: ServiceGroup): boolean {
  for (let round = 0; round < MOVE_ROUNDS; round += 1) {
    const inside = new Set(group.members());
    const outside = serviceMembers(service).filter((pid) => !inside.has(pid));
    if (outside.every(hasEnded)) return inside.size > 0;
    for (const pid of outside) group.add(pid);
  }
  return false;
}

/**
 * Opens a meter on a service that is ready: moves it into a control group of its own where this user can make one. That
 * takes the kernel some 10 ms, which is why it is not done while the service starts: its start-up time would hold it.
 * Both sides of a pair are metered before either is loaded, see {@link cpuOfPair}.
 * @param sources for tests and for a service that was started in a group already
 */
export function openCpuMeter(
  service: MeteredProcess,
  sources: Pick<CpuSources, 'place'> = cpuSourcesHere(),
): CpuMeter {
  let group = sources.place === undefined ? undefined : ServiceGroup.make(sources.place);
  if (group !== undefined && !moveAll(service, group)) {
    const refused = group;
    void refused.remove();
    // Some of the service may be in it until it is stopped.
    service.afterStop?.(async () => {
      await refused.remove();
    });
    group = undefined;
  }
  const meter = meterOf(service, group);
  service.afterStop?.(() => meter.close());
  return meter;
}

/** A meter on a service that is in `group` already, or in none. */
export function meterOf(service: ServiceIdentity, group: ServiceGroup | undefined): CpuMeter {
  const members = (): number[] => group?.members() ?? serviceMembers(service, PROC);
  return {
    read: () => {
      // First the group, then the files of each process: the group is what counts where there is one.
      const usage = group?.usage();
      return { ...(usage === undefined ? {} : { group: usage }), processes: snapshotOf(members()) };
    },
    members,
    peakMemoryBytes: () => peakMemoryOf(members()),
    close: async () => {
      await group?.remove();
    },
  };
}

function fromGroup(before: GroupUsage, after: GroupUsage): CpuSpent {
  const cpuUs = (after.usageNs - before.usageNs) / 1000;
  const part = (now?: number, then?: number): number => Math.max(0, (now ?? 0) - (then ?? 0));
  const split = parts(cpuUs, part(after.userNs, before.userNs), part(after.systemNs, before.systemNs));
  return { cpuUs, ...split, source: 'cgroup' };
}

/** Under this the split rests on a few dozen samples (250 to 1000 a second of CPU time), and says nothing. */
const LEAST_SPLIT_US = 200_000;

/**
 * The kernel samples the split at each tick but counts the total: so the total is shared by the ratio of the samples. No
 * service lives without both, so a part without a sample is a part that was not seen, not one that is zero.
 */
function parts(cpuUs: number, user: number, system: number): { userUs?: number; systemUs?: number } {
  if (cpuUs < LEAST_SPLIT_US || user <= 0 || system <= 0) return {};
  const userUs = (cpuUs * user) / (user + system);
  return { userUs, systemUs: cpuUs - userUs };
}

const SOURCE_ORDER: readonly CpuSource[] = ['cgroup', 'schedstat', 'ticks'];

/**
 * CPU time between two readings of one meter, by the best source that both have.
 * @param atMost no better source than this one, so that both sides of a pair are counted alike
 */
export function cpuBetween(before: CpuReading, after: CpuReading, atMost: CpuSource = 'cgroup'): CpuSpent {
  if (atMost === 'cgroup' && before.group !== undefined && after.group !== undefined) {
    return fromGroup(before.group, after.group);
  }
  const spent = betweenSnapshots(before.processes, after.processes, atMost === 'ticks' ? 'ticks' : undefined);
  const { cpuUs, source, exitedUs } = spent;
  const share = cpuUs > 0 ? Math.round((100 * exitedUs) / cpuUs) : 0;
  const note =
    source === 'ticks' && exitedUs === 0
      ? 'CPU time was counted in steps of 10 ms: the kernel keeps no schedstat'
      : `${share} % of the CPU time was counted in steps of 10 ms: threads or processes ended meanwhile, and there is no control group of the service's own`;
  return {
    cpuUs,
    ...parts(cpuUs, spent.userTicks, spent.systemTicks),
    source,
    ...(source === 'ticks' || share > 0 ? { note } : {}),
  };
}

/**
 * CPU time of both sides of a pair, by the best source that both sides have: two sources differ by what they miss, and
 * that would look like a difference of the code.
 */
export function cpuOfPair(
  before: Record<Side, CpuReading>,
  after: Record<Side, CpuReading>,
): Record<Side, CpuSpent> {
  const best = { base: cpuBetween(before.base, after.base), head: cpuBetween(before.head, after.head) };
  const rank = (side: Side): number => SOURCE_ORDER.indexOf(best[side].source);
  const atMost = rank('base') > rank('head') ? best.base.source : best.head.source;
  return {
    base: cpuBetween(before.base, after.base, atMost),
    head: cpuBetween(before.head, after.head, atMost),
  };
}
