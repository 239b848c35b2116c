import { readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';

import { listFacts, PROC, readFact } from './proc-files.ts';

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Launchers written for Node that only wait for the service; their memory says nothing of it. */
const LAUNCHER = /^(?:npm|npx|yarn|pnpm|corepack)(?:-cli)?(?:\.[cm]?js)?$/;

/**
 * Whether `pid` runs a Node binary, and not one of the package managers that only start others. Says nothing of a
 * process that is gone.
 */
export function isNodeService(pid: number, proc = PROC): boolean {
  const exe = basename(link(`${proc}/${pid}/exe`)?.replace(/ \(deleted\)$/, '') ?? '');
  if (!/^node(?:js)?[\d.-]*$/.test(exe)) return false;
  // A package manager shows as `npm start` in one argument or as `node /usr/bin/npm start` in several.
  const [first = '', second = ''] = (readFact(`${proc}/${pid}/cmdline`) ?? '').split('\0');
  return ![first.split(' ')[0] ?? '', second].some((part) => LAUNCHER.test(basename(part)));
}

/**
 * Whether a process has a handler for `signal`. One that has none is ended by it: Node itself has none for SIGUSR1 when
 * started with --disable-sigusr1.
 */
export function catches(pid: number, signal: 'SIGUSR1', proc = PROC): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFact(`${proc}/${pid}/status`) ?? '')?.[1];
  if (mask === undefined) return false;
  return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

/** 127.0.0.1 as /proc/net/tcp writes it: bytes in the order of the machine. */
const LOOPBACK = new Set(['0100007F', '7F000001']);
const LISTENING = '0A';

/** Ports of 127.0.0.1 on which `pid` itself listens (proc_pid_net(5)). */
export function loopbackPortsOf(pid: number, proc = PROC): number[] {
  const sockets = new Set<string>();
  for (const name of listFacts(`${proc}/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(link(`${proc}/${pid}/fd/${name}`) ?? '')?.[1];
    if (inode !== undefined) sockets.add(inode);
  }
  return (readFact(`${proc}/${pid}/net/tcp`) ?? '').split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    const isOurs = state === LISTENING && LOOPBACK.has(address) && sockets.has(inode);
    return isOurs ? [Number.parseInt(port, 16)] : [];
  });
}
