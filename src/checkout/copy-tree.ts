import { spawn } from 'node:child_process';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PerfCiError } from '../domain/errors.ts';
import { abortedError } from './git-errors.ts';
import { LogBuffer } from './log-buffer.ts';
import { lastLines } from './plain-text.ts';
import { searchPath } from './search-path.ts';

/**
 * Copies the contents of `from` into `to`, an empty or new folder: links stay links, modes and times stay, and file
 * systems that share blocks share them. `cp` does in a second what Node's own copy does in many.
 * @throws PerfCiError `folder-not-empty`, `copy-failed`, `aborted`.
 */
export async function copyTree(from: string, to: string, signal?: AbortSignal): Promise<void> {
  const [source, target] = [resolve(from), resolve(to)];
  await mkdir(target, { recursive: true });
  const found = await readdir(target);
  if (found.length > 0) {
    throw new PerfCiError(
      'folder-not-empty',
      `expected an empty folder to copy into, found ${found.length} entries`,
    );
  }
  if (signal?.aborted === true) throw abortedError(signal, 'copying a build');
  if (process.platform === 'linux') {
    await copyByProgram(source, target, signal);
  } else {
    await cp(source, target, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  }
}

function copyByProgram(source: string, target: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done, fail) => {
    const messages = new LogBuffer(8_192);
    const child = spawn('cp', ['-a', '--reflink=auto', '--', `${source}/.`, target], {
      env: { PATH: searchPath(), LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const onAbort = (): void => void child.kill('SIGKILL');
    signal?.addEventListener('abort', onAbort, { once: true });
    child.stderr.on('data', (chunk: Buffer) => messages.append(chunk));
    child.on('error', (cause) => fail(copyFailed(cause.message)));
    child.once('close', (exitCode) => {
      signal?.removeEventListener('abort', onAbort);
      if (signal?.aborted === true) fail(abortedError(signal, 'copying a build'));
      else if (exitCode === 0) done();
      else fail(copyFailed(lastLines(messages.read().content, 1, 200)));
    });
  });
}

function copyFailed(said: string): PerfCiError {
  return new PerfCiError('copy-failed', `expected to copy a build into its slot, found: ${said}`, {
    retryable: true,
    remedy: 'check the free space of the data directory and of the folder for running services',
  });
}
