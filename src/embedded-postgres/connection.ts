import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { USER } from './cluster.ts';
import type { Folders } from './folders.ts';
import { readPostmasterFile } from './leftover.ts';
import { isAlive } from './process-identity.ts';

/** Where the server of a folder can be reached. */
export interface ConnectionFacts {
  /** Folder of the unix socket: what `pg` takes as `host`. */
  host: string;
  user: string;
  database: string;
  /** Process id of the server. */
  pid: number;
  /** The same as one URL. */
  connectionString: string;
}

/** The facts for a server with this process id. */
export function connectionFacts(folders: Folders, pid: number): ConnectionFacts {
  const database = 'postgres';
  return {
    host: folders.socket,
    user: USER,
    database,
    pid,
    connectionString: `postgresql://${USER}@/${database}?host=${encodeURIComponent(folders.socket)}`,
  };
}

/** Tells other processes of ours where the server is; never half a file. */
export function publishConnection(folders: Folders, facts: ConnectionFacts): void {
  const unfinished = `${folders.connectionFile}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(facts, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, folders.connectionFile);
}

/** Takes back what {@link publishConnection} told, unless another server has been announced since. */
export function withdrawConnection(folders: Folders, pid: number): void {
  if (readFacts(folders)?.pid === pid) rmSync(folders.connectionFile, { force: true });
}

/** The server that another process of ours announced, if it is alive and takes connections. */
export function runningConnection(folders: Folders): ConnectionFacts | undefined {
  const facts = readFacts(folders);
  if (facts === undefined || !isAlive(facts.pid)) return undefined;
  const postmaster = readPostmasterFile(folders.data);
  return postmaster?.pid === facts.pid && postmaster.ready ? facts : undefined;
}

function readFacts(folders: Folders): ConnectionFacts | undefined {
  try {
    return JSON.parse(readFileSync(folders.connectionFile, 'utf8')) as ConnectionFacts;
  } catch {
    return undefined;
  }
}
