import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tryFileLock, withFileLock } from '../../src/checkout/file-lock.ts';
import { temporaryFolder } from './fixtures.ts';

let folder: { path: string; remove(): Promise<void> };
let path: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder.path, 'x.lock');
});
afterEach(() => folder.remove());

/** Another process that takes the lock, says so, and holds it until it is killed. */
async function otherHolder(): Promise<{ kill(): Promise<void> }> {
  const module = JSON.stringify(new URL('../../src/checkout/file-lock.ts', import.meta.url).href);
  const code = `const { tryFileLock } = await import(${module});
    console.log((await tryFileLock(${JSON.stringify(path)})) === undefined ? 'refused' : 'held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  expect(line.toString().trim()).toBe('held');
  return {
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('withFileLock', () => {
  it('lets one work at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(5);
      inside -= 1;
    };

    await Promise.all([1, 2, 3, 4].map(() => withFileLock(path, work)));

    expect(most).toBe(1);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('lets go when the work fails', async () => {
    await expect(withFileLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');

    expect(await tryFileLock(path)).toBeDefined();
  });

  it('respects another process as long as it lives, and takes over when it was killed', async () => {
    const other = await otherHolder();

    const whileAlive = await tryFileLock(path);
    await other.kill();
    const [one, two] = await Promise.all([tryFileLock(path), tryFileLock(path)]);

    expect(whileAlive).toBeUndefined();
    expect([one, two].filter((lock) => lock !== undefined)).toHaveLength(1);
  });

  it('gives up after its time, or when it is told to', async () => {
    const lock = await tryFileLock(path);

    await expect(withFileLock(path, async () => {}, { waitMs: 1 })).rejects.toMatchObject({
      code: 'lock-timeout',
      retryable: true,
    });
    await expect(
      withFileLock(path, async () => {}, { signal: AbortSignal.timeout(20) }),
    ).rejects.toMatchObject({
      code: 'aborted',
    });
    await lock?.release();
  });

  it('believes a holder on another host by its sign of life', async () => {
    await writeFile(path, JSON.stringify({ host: 'elsewhere', pid: 1, startTicks: 1, nonce: 'x' }));

    const fresh = await tryFileLock(path);
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(path, longAgo, longAgo);
    const old = await tryFileLock(path);

    expect(fresh).toBeUndefined();
    expect(old).toBeDefined();
  });

  it('takes over a file that is no lock', async () => {
    await writeFile(path, 'garbage');

    expect(await tryFileLock(path)).toBeDefined();
  });
});
