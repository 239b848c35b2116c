import { spawnSync } from 'node:child_process';

import type { CpuSource } from '../../domain/trial.ts';
import { removeStaleGroups, ServiceGroup } from './cgroup.ts';
import { type GroupPlace, groupPlaces } from './cgroup-places.ts';
import { PROC, readFact } from './proc-files.ts';
import { hasSchedstat } from './process-tree.ts';

/** What CPU time of services is read from on this machine. */
export interface CpuSources {
  source: CpuSource;
  /** Where groups of services' own are made; undefined: nowhere. */
  place?: GroupPlace;
  /** What is second best about it and why, one sentence. */
  note?: string;
}

/** Whether a process can join a group made in `place`, and is counted there after its end. */
function works(place: GroupPlace): boolean {
  const group = ServiceGroup.make(place);
  if (group === undefined) return false;
  const joined = spawnSync('sh', ['-c', 'echo $$ >"$0" && : || exit 1', group.joinFile], { timeout: 5000 });
  const counted = (group.usage()?.usageNs ?? 0) > 0;
  void group.remove();
  return joined.status === 0 && counted;
}

/**
 * Finds the best source by trying. A control group first: it counts in the same nanoseconds or microseconds as schedstat,
 * and also threads and processes that ended and daemons that left their parents.
 * @param proc for tests: another /proc
 */
export function findCpuSources(proc = PROC, tryPlace: (place: GroupPlace) => boolean = works): CpuSources {
  const places = groupPlaces(readFact(`${proc}/self/mountinfo`) ?? '', readFact(`${proc}/self/cgroup`) ?? '');
  for (const place of places) {
    if (!tryPlace(place)) continue;
    removeStaleGroups(place, proc);
    return { source: 'cgroup', place };
  }
  const why =
    places.length === 0
      ? 'there is no control group file system that counts CPU time'
      : 'this user may not make control groups';
  return hasSchedstat(proc)
    ? { source: 'schedstat', note: `CPU time of processes that end is counted in steps of 10 ms: ${why}` }
    : {
        source: 'ticks',
        note: `all CPU time is counted in steps of 10 ms: ${why}, and the kernel keeps no schedstat`,
      };
}

let found: CpuSources | undefined;

/** {@link findCpuSources} of this machine, tried once in the life of this process. */
export function cpuSourcesHere(): CpuSources {
  found ??= findCpuSources();
  return found;
}
