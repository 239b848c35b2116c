import { spawn, type ChildProcess } from 'node:child_process';
import { PerfCiError } from '../domain/errors.ts';
import { gitEnvironment, withoutSecrets, type GitEnvironmentOptions } from './git-environment.ts';
import { abortedError, toGitError } from './git-errors.ts';
import { LogBuffer } from './log-buffer.ts';

/** Where commits, trees and blobs are read from: a mirror, or a scratch repository over a user's objects. */
export interface ObjectStore {
  /** Absolute path of a bare git directory. */
  gitDir: string;
}

/** How long a git process may take and who may stop it. */
export interface GitLimits {
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface GitCall extends GitLimits, GitEnvironmentOptions {
  cwd?: string | undefined;
  input?: Buffer | string | undefined;
  /** More output than this ends git; default 16 MiB. */
  maxOutputBytes?: number | undefined;
  /** `fail` (default): too much output is an error; `cut`: what came until then is the answer. */
  onOverflow?: 'fail' | 'cut' | undefined;
  /** Exit codes that are answers and not failures, besides 0. */
  alsoFine?: readonly number[] | undefined;
}

export interface GitOutput {
  exitCode: number;
  stdout: Buffer;
  /** Whether `stdout` was cut at the limit. */
  truncated: boolean;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const MAX_STDERR_BYTES = 64 * 1024;

/**
 * Runs git; no other place does. Arguments are a list and never pass a shell. What comes from outside (branch names,
 * revisions, paths) must stand behind `--end-of-options` or `--` or inside a full ref name: the caller's duty.
 * @throws PerfCiError `git-missing`, `git-timeout`, `git-output-too-large`, `aborted`, and those of {@link toGitError}.
 */
export async function git(args: readonly string[], call: GitCall = {}): Promise<GitOutput> {
  const command = args[0] ?? '';
  if (call.signal?.aborted === true) throw abortedError(call.signal, `git ${command}`);
  const child = start(args, call);
  const stdout: Buffer[] = [];
  const stderr = new LogBuffer(MAX_STDERR_BYTES);
  const maxOutputBytes = call.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
  let stdoutBytes = 0;
  let stoppedFor: 'timeout' | 'overflow' | 'abort' | undefined;
  const stop = (why: 'timeout' | 'overflow' | 'abort'): void => {
    stoppedFor ??= why;
    killGroup(child);
  };

  child.stdout?.on('data', (chunk: Buffer) => {
    const room = maxOutputBytes - stdoutBytes;
    stdout.push(chunk.subarray(0, room));
    stdoutBytes += Math.min(chunk.length, room);
    if (chunk.length > room) stop('overflow');
  });
  child.stderr?.on('data', (chunk: Buffer) => stderr.append(chunk));
  // git may end before it has read everything; its exit code tells the story.
  child.stdin?.on('error', () => {});
  child.stdin?.end(call.input);
  const timeoutMs = call.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timer = setTimeout(() => stop('timeout'), timeoutMs);
  const onAbort = (): void => stop('abort');
  call.signal?.addEventListener('abort', onAbort, { once: true });

  const { exitCode, signalName } = await ending(child).finally(() => {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', onAbort);
  });

  if (stoppedFor === 'abort') throw abortedError(call.signal, `git ${command}`);
  if (stoppedFor === 'timeout') throw timeoutError(command, timeoutMs, call);
  if (stoppedFor === 'overflow' && call.onOverflow !== 'cut') throw overflowError(command, maxOutputBytes);
  const truncated = stoppedFor === 'overflow';
  if (!truncated && exitCode !== 0 && !(exitCode !== undefined && call.alsoFine?.includes(exitCode))) {
    throw toGitError({
      command,
      exitCode,
      signalName,
      stderr: withoutSecrets(stderr.read().content, call.remote),
    });
  }
  return { exitCode: exitCode ?? 0, stdout: Buffer.concat(stdout), truncated };
}

/** {@link git} for short answers: stdout as text, without the line end. */
export async function gitText(args: readonly string[], call: GitCall = {}): Promise<string> {
  return (await git(args, call)).stdout.toString('utf8').trimEnd();
}

function start(args: readonly string[], call: GitCall): ChildProcess {
  try {
    return spawn('git', args, {
      // Never the caller's folder: git would search it for a repository.
      cwd: call.cwd ?? '/',
      env: gitEnvironment(call),
      // A group of its own, so that git's helpers (remote-https, index-pack) end with it.
      detached: true,
      stdio: [call.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
  } catch (cause) {
    // Node refuses arguments that hold a NUL byte.
    throw new PerfCiError('git-failed', `expected \`git ${args[0]}\` to start, found unusable arguments`, {
      cause,
    });
  }
}

function ending(
  child: ChildProcess,
): Promise<{ exitCode: number | undefined; signalName: string | undefined }> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        new PerfCiError(
          'git-missing',
          `expected git on the PATH, but it could not be started (${cause.message})`,
          {
            cause,
            remedy: 'install git 2.34 or newer',
          },
        ),
      );
    });
    child.once('close', (exitCode, signalName) => {
      resolve({ exitCode: exitCode ?? undefined, signalName: signalName ?? undefined });
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

function timeoutError(command: string, timeoutMs: number, call: GitCall): PerfCiError {
  return new PerfCiError(
    'git-timeout',
    `expected \`git ${command}\` to end within ${timeoutMs} ms, it did not`,
    {
      retryable: call.remote !== undefined,
      remedy: 'check the size of the repository and the speed of the network',
      details: { command, timeoutMs },
    },
  );
}

function overflowError(command: string, maxOutputBytes: number): PerfCiError {
  return new PerfCiError(
    'git-output-too-large',
    `expected at most ${maxOutputBytes} bytes from \`git ${command}\`, found more`,
    {
      remedy: 'the repository is larger than this installation accepts',
      details: { command, maxOutputBytes },
    },
  );
}
