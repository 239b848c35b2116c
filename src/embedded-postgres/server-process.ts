import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Folders } from './folders.ts';
import type { Launcher } from './launcher.ts';

export interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A running server of ours. */
export interface ServerProcess {
  pid: number;
  exited: Promise<ServerExit>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  folders: Folders;
  postgres: string;
  launcher: Launcher;
  env: Record<string, string>;
  log: (line: string) => void;
  /** How long crash recovery may take before the start counts as failed. */
  readyTimeoutMs: number;
  /** Waits between INT, QUIT and KILL when stopping. */
  stopGraceMs: number;
}

export type StartOutcome = { state: 'ready'; server: ServerProcess } | { state: 'failed'; lines: string[] };

const READY = 'database system is ready to accept connections';
const KEPT_LINES = 30;

/** Starts the server and waits until it takes connections; its last lines come back when it does not. */
export async function startServer(options: ServerOptions): Promise<StartOutcome> {
  const [file = '', ...args] = [
    ...options.launcher.serverPrefix,
    options.postgres,
    '-D',
    options.folders.data,
    ...settings(options.folders.socket),
  ];
  const child = spawn(file, args, {
    cwd: options.folders.root,
    env: options.env,
    stdio: ['ignore', 'ignore', 'pipe'],
    // Ctrl-C reaches the whole foreground group: the server goes last, when nobody needs it any more.
    detached: true,
    ...options.launcher.identity,
  });
  const lines: string[] = [];
  const exited = new Promise<ServerExit>((resolve) => {
    child.on('error', (error) => {
      lines.push(error.message);
      resolve({ code: null, signal: null });
    });
    // 'close' and not 'exit': the last lines are in by then.
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  const ready = new Promise<'ready'>((resolve) => {
    // Read for the whole life of the server: a full pipe would stop it.
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      options.log(line);
      if (line.includes(READY)) resolve('ready');
    });
  });
  const stop = (): Promise<void> => stopProcess((signal) => child.kill(signal), exited, options.stopGraceMs);

  const deadline = new AbortController();
  const late = sleep(options.readyTimeoutMs, 'late' as const, { signal: deadline.signal }).catch(
    () => 'late' as const,
  );
  const first = await Promise.race([ready, exited.then(() => 'exited' as const), late]);
  deadline.abort();
  if (first === 'ready' && child.pid !== undefined) {
    return { state: 'ready', server: { pid: child.pid, exited, stop } };
  }
  if (first === 'late') {
    await stop();
    lines.push(`the server took no connections within ${options.readyTimeoutMs} ms`);
  }
  return { state: 'failed', lines };
}

function settings(socketFolder: string): string[] {
  return [
    'listen_addresses=',
    'port=5432',
    `unix_socket_directories=${socketFolder}`,
    'unix_socket_permissions=0700',
    'max_connections=100',
    'shared_buffers=64MB',
    'logging_collector=off',
    'log_destination=stderr',
    // The ready line is looked for in this language.
    'lc_messages=C',
    'timezone=UTC',
  ].flatMap((setting) => ['-c', setting]);
}

/** INT ends sessions and writes a checkpoint; during crash recovery it is not heard, hence QUIT, then KILL. */
async function stopProcess(
  signalServer: (signal: NodeJS.Signals) => void,
  exited: Promise<ServerExit>,
  graceMs: number,
): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    signalServer(signal);
    const waiting = new AbortController();
    const gone = await Promise.race([
      exited.then(() => true),
      sleep(graceMs, false, { signal: waiting.signal }).catch(() => false),
    ]);
    waiting.abort();
    if (gone) return;
  }
  await exited;
}
