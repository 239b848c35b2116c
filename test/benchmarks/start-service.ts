import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The service as it stands in this repository. */
export const SERVICE_DIRECTORY = fileURLToPath(new URL('../../benchmarks/ranking-service', import.meta.url));

/** A service that listens on a port of its own. */
export interface RunningService {
  readonly child: ChildProcess;
  readonly port: number;
  readonly address: string;
  /** Sends SIGTERM and gives the exit code. */
  stop(): Promise<number | null>;
}

/** What a service that ended by itself left behind. */
export interface EndedService {
  readonly code: number | null;
  readonly stderr: string;
}

/** Starts the service of a directory on a free port and waits until it says where it listens. */
export async function startService(
  directory: string = SERVICE_DIRECTORY,
  environment: Record<string, string> = {},
): Promise<RunningService> {
  const child = spawnService(directory, { ...environment, PORT: '0' });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const port = await new Promise<number>((resolve, reject) => {
    let output = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      output += String(chunk);
      const found = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(output);
      if (found) resolve(Number(found[1]));
    });
    void ended.then(([code]) => reject(new Error(`the service ended with ${code} before it listened`)));
  });
  async function stop() {
    child.kill('SIGTERM');
    const [code] = await ended;
    return code;
  }
  return { child, port, address: `http://127.0.0.1:${port}`, stop };
}

/** Starts the service where it is expected to end by itself. */
export async function runToItsEnd(environment: Record<string, string>): Promise<EndedService> {
  const child = spawnService(SERVICE_DIRECTORY, environment);
  let stderr = '';
  child.stderr!.on('data', (chunk: Buffer) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

function spawnService(directory: string, environment: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['server.ts'], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
