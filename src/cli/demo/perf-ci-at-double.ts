import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import type { GitHubDouble } from '../../github-double/contract.ts';
import { type Running, startAll } from '../up.ts';

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/**
 * perf-ci as in production, pointed at the double and at a folder of its own. Never at a DATABASE_URL or REDIS_URL of the
 * caller: that may be a real installation, whose runs would be reported to the double.
 * @param signal ends a start that is under way
 */
export async function startPerfCi(
  github: GitHubDouble,
  folder: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Running> {
  const secret = randomBytes(24).toString('hex');
  const keyFile = join(folder, 'app.pem');
  await writeFile(keyFile, github.app.privateKeyPem, { mode: 0o600 });
  const port = await freePort();
  const environment = {
    PATH: process.env['PATH'],
    HOME: folder,
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    GITHUB_API_URL: github.url,
    GITHUB_APP_ID: String(github.app.id),
    GITHUB_PRIVATE_KEY_FILE: keyFile,
    GITHUB_WEBHOOK_SECRET: secret,
    PERF_CI_DATA_DIR: join(folder, 'data'),
    // A demo shows what this machine can do, however busy it is, and nothing but its two pull requests.
    PERF_CI_PREFLIGHT: 'flag',
    PERF_CI_CONTROL_EVERY: '0',
    PERF_CI_CONTROL_HOUR: 'off',
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'error',
  };
  signal.throwIfAborted();
  const running = await startAll(environment, say, signal);
  github.webhookTarget(`${running.url}/webhooks/github`, secret);
  return running;
}
