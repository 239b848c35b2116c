import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PerfCiError } from '../../domain/errors.ts';

const NAME = 'perf-ci-measures-here';
const POLL_MS = 500;

/** On Linux an abstract socket: it has no file, and the kernel frees it the moment its holder dies. */
function address(name: string): string {
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}

function tryListen(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address(name), () => resolve(server));
  });
}

/**
 * Waits until nothing else measures on this host, then holds it. Workers of any pool and `perf-ci compare`
 * share the one lock: two measurements at once would each be the other's noise.
 * @param options.onWait called once when the lock is held by another
 * @throws PerfCiError `host-busy` when `signal` aborts while waiting
 */
export async function holdHost(
  options: { signal?: AbortSignal; onWait?: () => void; name?: string } = {},
): Promise<{ release(): Promise<void> }> {
  let waited = false;
  for (;;) {
    const server = await tryListen(options.name ?? NAME);
    if (server !== undefined) {
      return {
        release: () => new Promise((resolve) => server.close(() => resolve())),
      };
    }
    if (options.signal?.aborted) {
      throw new PerfCiError('host-busy', 'gave up waiting: another measurement holds this host', {
        retryable: true,
      });
    }
    if (!waited) options.onWait?.();
    waited = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
