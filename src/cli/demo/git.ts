import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

const AUTHOR = ['-c', 'user.name=Demo', '-c', 'user.email=demo@example.invalid'];

/**
 * Runs git in `folder`, away from the configuration of whoever runs the demo.
 * @param options.token sent as a header by environment, so that it is in no process list
 * @param options.signal aborting ends it
 */
export async function git(
  folder: string,
  args: readonly string[],
  { token, signal }: { token: string; signal: AbortSignal },
): Promise<string> {
  const header = Buffer.from(`demo:${token}`).toString('base64');
  const { stdout } = await run('git', [...AUTHOR, ...args], {
    cwd: folder,
    signal,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.extraHeader',
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${header}`,
    },
  });
  return stdout.trim();
}
