import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { abortedError } from './git-errors.ts';
import type { LogBuffer } from './log-buffer.ts';
import { endProcessTree } from '../processes/end-process-tree.ts';
import { canStart, wrapCommand } from '../processes/wrap-command.ts';

export interface CommandCall {
  cwd: string;
  /** The whole environment. */
  env: Record<string, string>;
  timeoutMs: number;
  log: LogBuffer;
  signal?: AbortSignal | undefined;
  /** Between SIGTERM and SIGKILL; default 2 s. */
  killGraceMs?: number | undefined;
}

export type CommandEnding =
  | { state: 'exited'; exitCode: number }
  /** Ended by a signal that was not ours, for example by the kernel for want of memory. */
  | { state: 'killed'; signalName: string }
  | { state: 'timeout' }
  /** Never started: no such program, or not executable. */
  | { state: 'not-started'; message: string };

const MARKER_NAME = 'PERF_CI_COMMAND';

/**
 * Runs one command (an argument list) with stdin closed and both outputs in the log. When it has ended, for whatever
 * reason, nothing that it started runs on: a build that leaves a daemon would disturb what is measured next.
 * @throws PerfCiError `aborted`, after the whole tree is gone.
 */
export async function runCommand(argv: readonly string[], call: CommandCall): Promise<CommandEnding> {
  if (call.signal?.aborted === true) throw abortedError(call.signal, 'a command');
  const marker = randomUUID();
  const child = start(argv, call, marker);
  if (child instanceof Error) return { state: 'not-started', message: child.message };
  child.stdout?.on('data', (chunk: Buffer) => call.log.append(chunk));
  child.stderr?.on('data', (chunk: Buffer) => call.log.append(chunk));

  const graceMs = call.killGraceMs ?? 2_000;
  const ending = await firstOf(child, call);
  if (child.pid !== undefined) {
    const survivors = await endProcessTree({ pid: child.pid, marker: `${MARKER_NAME}=${marker}` }, graceMs);
    if (survivors.length > 0)
      call.log.append(`\n[perf-ci] ${survivors.length} processes could not be ended\n`);
  }
  await drained(child);
  if (ending === 'aborted') throw abortedError(call.signal, 'a command');
  return ending;
}

function start(argv: readonly string[], call: CommandCall, marker: string): ChildProcess | Error {
  // A worker that is killed cannot end its build: the kernel does. What cannot be started is started bare, so
  // that the error names it and not the wrapper.
  const isStartable = canStart(argv[0] ?? '', call.env['PATH'] ?? '', call.cwd);
  const [program = '', ...args] = isStartable ? wrapCommand(argv, { whenParentDies: 'KILL' }) : argv;
  try {
    return spawn(program, args, {
      cwd: call.cwd,
      env: { ...call.env, [MARKER_NAME]: marker },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Whatever comes first: the command's end, the end of its time, or the caller's wish. */
function firstOf(child: ChildProcess, call: CommandCall): Promise<CommandEnding | 'aborted'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle({ state: 'timeout' }), call.timeoutMs);
    const onAbort = (): void => settle('aborted');
    const settle = (ending: CommandEnding | 'aborted'): void => {
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', onAbort);
      resolve(ending);
    };
    call.signal?.addEventListener('abort', onAbort, { once: true });
    child.on('error', (error) => settle({ state: 'not-started', message: error.message }));
    // Not 'close': a daemon may hold the pipes open for ever.
    child.once('exit', (exitCode, signalName) => {
      settle(
        exitCode === null
          ? { state: 'killed', signalName: signalName ?? 'unknown signal' }
          : { state: 'exited', exitCode },
      );
    });
  });
}

/** Waits until what is left in the pipes is read, but not for a process that could not be ended. */
async function drained(child: ChildProcess): Promise<void> {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null || stream.closed) continue;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => stream.destroy(), 1_000);
      stream.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
