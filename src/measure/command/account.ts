import { join } from 'node:path';

import type { CpuSource } from '../../domain/trial.ts';
import type { GroupUsage, ServiceGroup } from '../accounts/cgroup.ts';
import {
  NANOSECONDS_PER_TICK,
  parseSchedstat,
  parseStat,
  PROC,
  type ProcessStat,
  readFact,
} from '../accounts/proc-files.ts';
import type { WaiterEnd } from './waiter.ts';

/** What the kernel says of a waiting shell and its group at one moment. */
export interface Account {
  group?: GroupUsage;
  /** CPU time of the shell and its guard themselves, which is none of the command's; nanoseconds. */
  helpersNs: number;
  stat?: ProcessStat;
  /** Bytes that the shell and what it waited for gave to write calls; undefined where the kernel keeps no account. */
  writtenBytes?: number;
}

/** Reads the account of the shell `pid`. @param helpers the shell and its guard */
export function readAccount(
  pid: number,
  helpers: readonly number[],
  group: ServiceGroup | undefined,
  proc = PROC,
): Account {
  const file = (name: string): string | undefined => readFact(join(proc, String(pid), name));
  const usage = group?.usage();
  const stat = parseStat(file('stat') ?? '');
  const written = /^wchar: (\d+)$/m.exec(file('io') ?? '')?.[1];
  const helpersNs = helpers.reduce(
    (sum, helper) => sum + (parseSchedstat(readFact(join(proc, String(helper), 'schedstat'))) ?? 0),
    0,
  );
  return {
    ...(usage === undefined ? {} : { group: usage }),
    helpersNs,
    ...(stat === undefined ? {} : { stat }),
    ...(written === undefined ? {} : { writtenBytes: Number(written) }),
  };
}

export interface Used {
  cpuUs: number;
  cpuSource: CpuSource;
  bytesWritten?: number;
}

/**
 * What a command used between two readings of its waiter. CPU time from the group where there is one; else what bash was
 * told of its children, in steps of 1 ms; else the waiter's account of its children in steps of 10 ms.
 */
export function accountBetween(
  before: Account,
  after: Account,
  end: Pick<WaiterEnd, 'times' | 'ownBytes'>,
): Used {
  const bytesWritten =
    before.writtenBytes === undefined || after.writtenBytes === undefined
      ? undefined
      : Math.max(0, after.writtenBytes - before.writtenBytes - end.ownBytes);
  return { ...cpuOf(before, after, end), ...(bytesWritten === undefined ? {} : { bytesWritten }) };
}

function cpuOf(
  before: Account,
  after: Account,
  { times }: Pick<WaiterEnd, 'times'>,
): Omit<Used, 'bytesWritten'> {
  if (before.group !== undefined && after.group !== undefined) {
    const helpersNs = after.helpersNs - before.helpersNs;
    const cpuUs = Math.max(0, after.group.usageNs - before.group.usageNs - helpersNs) / 1000;
    return { cpuUs, cpuSource: 'cgroup' };
  }
  if (times !== undefined) return { cpuUs: times.userUs + times.systemUs, cpuSource: 'rusage' };
  const ticks = (stat: ProcessStat | undefined): number =>
    (stat?.childUserTicks ?? 0) + (stat?.childSystemTicks ?? 0);
  return {
    cpuUs: ((ticks(after.stat) - ticks(before.stat)) * NANOSECONDS_PER_TICK) / 1000,
    cpuSource: 'ticks',
  };
}
