import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { GroupPlace } from './cgroup-places.ts';
import { listFacts, NANOSECONDS_PER_TICK, parseStat, PROC, readFact } from './proc-files.ts';

/** CPU time of everything that ever was in a group, nanoseconds. */
export interface GroupUsage {
  usageNs: number;
  /** By the kernel's sampling: good for a ratio, their sum is not exactly the usage. */
  userNs?: number;
  systemNs?: number;
}

const PREFIX = 'perf-ci';
const REMOVE_TRIES = 40;
const REMOVE_POLL_MS = 25;

function wholeNumber(text: string | undefined): number | undefined {
  const value = Number(text?.trim() || Number.NaN);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A line `name value` of a flat keyed file. */
function keyed(text: string | undefined, name: string): number | undefined {
  return wholeNumber(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1]);
}

function split(user: number | undefined, system: number | undefined, unitNs: number): Partial<GroupUsage> {
  return user === undefined || system === undefined
    ? {}
    : { userNs: user * unitNs, systemNs: system * unitNs };
}

/** Reads the accounting of the group in `folder`; undefined where there is none. */
export function readGroupUsage({ version, folder }: GroupPlace): GroupUsage | undefined {
  if (version === 2) {
    const stat = readFact(join(folder, 'cpu.stat'));
    const usageUs = keyed(stat, 'usage_usec');
    if (usageUs === undefined) return undefined;
    return { usageNs: usageUs * 1000, ...split(keyed(stat, 'user_usec'), keyed(stat, 'system_usec'), 1000) };
  }
  const usageNs = wholeNumber(readFact(join(folder, 'cpuacct.usage')));
  if (usageNs === undefined) return undefined;
  const exact = split(
    wholeNumber(readFact(join(folder, 'cpuacct.usage_user'))),
    wholeNumber(readFact(join(folder, 'cpuacct.usage_sys'))),
    1,
  );
  if (exact.userNs !== undefined) return { usageNs, ...exact };
  const stat = readFact(join(folder, 'cpuacct.stat'));
  return { usageNs, ...split(keyed(stat, 'user'), keyed(stat, 'system'), NANOSECONDS_PER_TICK) };
}

/** `PID-START`: names a process for good, also after its pid was given to another. */
function processName(pid: number | 'self', proc: string): string | undefined {
  const stat = parseStat(readFact(`${proc}/${pid}/stat`) ?? '');
  return stat === undefined ? undefined : `${stat.pid}-${stat.startTicks}`;
}

let made = 0;

/** A control group of one service's own. */
export class ServiceGroup {
  readonly place: GroupPlace;

  private constructor(place: GroupPlace) {
    this.place = place;
  }

  /** Makes an empty group in `parent`; undefined where this user may not or where it would not count. */
  static make(parent: GroupPlace, proc = PROC): ServiceGroup | undefined {
    const owner = processName('self', proc);
    if (owner === undefined) return undefined;
    const folder = join(parent.folder, `${PREFIX}-${owner}-${made++}`);
    try {
      mkdirSync(folder);
    } catch {
      return undefined;
    }
    const group = new ServiceGroup({ version: parent.version, folder });
    if (readGroupUsage(group.place) !== undefined) return group;
    group.#tryRemove();
    return undefined;
  }

  /** The file that a process writes its id to in order to join, with all its threads. */
  get joinFile(): string {
    return join(this.place.folder, 'cgroup.procs');
  }

  /** Moves a process into the group; what it starts from then on is in it too. False when the kernel refused. */
  add(pid: number): boolean {
    try {
      writeFileSync(this.joinFile, String(pid));
      return true;
    } catch {
      return false;
    }
  }

  /** Processes in the group. The kernel may name one twice. */
  members(): number[] {
    return [...new Set((readFact(this.joinFile) ?? '').split('\n').filter(Boolean).map(Number))];
  }

  usage(): GroupUsage | undefined {
    return readGroupUsage(this.place);
  }

  /** Removes the group once its processes are gone; waits a second for the kernel. False: it is still there. */
  async remove(): Promise<boolean> {
    for (let tried = 0; tried < REMOVE_TRIES; tried += 1) {
      if (this.#tryRemove()) return true;
      await sleep(REMOVE_POLL_MS);
    }
    return false;
  }

  #tryRemove(): boolean {
    try {
      rmdirSync(this.place.folder);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT';
    }
  }
}

/**
 * Removes empty groups that runners left which are no longer alive.
 * @returns names of the removed groups
 */
export function removeStaleGroups(parent: GroupPlace, proc = PROC): string[] {
  return listFacts(parent.folder).filter((name) => {
    const owner = /^perf-ci-(\d+)-(\d+)-\d+$/.exec(name);
    if (owner === null || processName(Number(owner[1]), proc) === `${owner[1]}-${owner[2]}`) return false;
    try {
      // Only an empty group can be removed: whoever still runs in one is left alone.
      rmdirSync(join(parent.folder, name));
      return true;
    } catch {
      return false;
    }
  });
}
