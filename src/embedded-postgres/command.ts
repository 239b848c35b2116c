import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How a finished command ended; a command that could not be started has code `undefined`. */
export interface CommandResult {
  code: number | undefined;
  stdout: string;
  /** The error of the operating system when the command could not be started. */
  stderr: string;
}

export interface CommandOptions {
  env: Record<string, string>;
  cwd?: string;
  uid?: number;
  gid?: number;
}

/** Runs `command` to its end, without a shell. Never throws: what went wrong is in the result. */
export function runCommand(command: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    const [file = '', ...args] = command;
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => resolve({ code: undefined, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ code: code ?? undefined, stdout, stderr }));
  });
}

/** Folder of the first executable called `name` on `path` (the value of PATH). */
export function folderOnPath(name: string, path: string | undefined): string | undefined {
  return (path ?? '').split(delimiter).find((folder) => folder !== '' && isExecutable(join(folder, name)));
}

/** Whether this process may execute the file. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
