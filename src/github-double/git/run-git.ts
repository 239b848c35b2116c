import { spawn } from 'node:child_process';

/** Longest a git command may take, in milliseconds; the repositories of a double are small. */
const GIT_TIMEOUT_MS = 60_000;
/** Most a git command may print, in bytes. */
const GIT_OUTPUT_LIMIT = 64 * 1024 * 1024;

export interface GitOptions {
  input?: string | Buffer;
  env?: Record<string, string>;
  /** Exit codes that are answers and not failures; 0 always is one. */
  expectedExitCodes?: number[];
}

export interface GitResult {
  exitCode: number;
  stdout: string;
  /** The same before decoding. */
  stdoutBytes: Buffer;
}

/** A git command ended in a way that the caller did not expect. */
export class GitFailure extends Error {
  override readonly name = 'GitFailure';
}

/** Environment for git that keeps the settings of the host and of its user out. */
export function gitEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    // A folder handed to `push` may belong to another user than the one that runs the double.
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    ...extra,
  };
}

/**
 * Runs git with a list of arguments (never through a shell).
 * @throws {GitFailure} on an unexpected exit code, a timeout or too much output
 */
export function runGit(args: string[], options: GitOptions = {}): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { env: gitEnvironment(options.env), timeout: GIT_TIMEOUT_MS });
    const chunks: Buffer[] = [];
    let size = 0;
    let errorText = '';
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > GIT_OUTPUT_LIMIT) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errorText = (errorText + chunk.toString('utf8')).slice(-4000);
    });
    child.on('error', reject);
    child.on('close', (exitCode) => {
      if (exitCode === 0 || (exitCode !== null && options.expectedExitCodes?.includes(exitCode))) {
        const stdoutBytes = Buffer.concat(chunks);
        resolve({ exitCode, stdout: stdoutBytes.toString('utf8'), stdoutBytes });
        return;
      }
      const command = args.slice(0, 6).join(' ');
      reject(new GitFailure(`git ${command} ended with ${exitCode ?? 'a signal'}: ${errorText.trim()}`));
    });
    // git may end before it has read everything; its exit code says more than EPIPE does.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}
