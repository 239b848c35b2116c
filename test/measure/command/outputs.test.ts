import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { compareOutputs, removeOutputs } from '../../../src/measure/command/outputs.ts';

const folder = mkdtempSync(join(tmpdir(), 'perf-ci-outputs-'));
const folders = { base: join(folder, 'base'), head: join(folder, 'head') };
for (const path of Object.values(folders)) mkdirSync(path);
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, base: string | Buffer | undefined, head: string | Buffer | undefined): void {
  if (base !== undefined) writeFileSync(join(folders.base, name), base);
  if (head !== undefined) writeFileSync(join(folders.head, name), head);
}

describe('the files of a command', () => {
  it('are the same by their bytes', async () => {
    write('same', 'abc', 'abc');
    write('empty', '', '');
    expect(await compareOutputs(folders, ['same', 'empty'])).toEqual({
      compared: 2,
      different: 0,
      bytes: { base: 3, head: 3 },
    });
  });

  it('differ where the first byte does, over several blocks', async () => {
    const base = Buffer.alloc(2_500_000, 'x');
    const head = Buffer.from(base);
    head[2_100_000] = 'y'.charCodeAt(0);
    write('large', base, head);

    expect(await compareOutputs(folders, ['large'])).toMatchObject({
      different: 1,
      example: {
        request: 'large',
        base: `at byte 2100000: "${'x'.repeat(24)}"`,
        head: `at byte 2100000: "${'x'.repeat(12)}y${'x'.repeat(11)}"`,
      },
    });
  });

  it('differ when one side wrote none; what neither wrote is not compared', async () => {
    write('only-base', 'abc', undefined);
    expect(await compareOutputs(folders, ['only-base', 'nothing'])).toMatchObject({
      compared: 1,
      different: 1,
      example: { base: '3 bytes', head: 'no file' },
    });
  });

  it('are never read or removed outside of the folder, nor when they are no files', async () => {
    writeFileSync(join(folder, 'secret'), 'secret');
    symlinkSync(join(folder, 'secret'), join(folders.base, 'link'));
    symlinkSync('/dev/zero', join(folders.head, 'link'));
    mkdirSync(join(folders.base, 'directory'));
    const names = ['link', '../secret', 'directory', '/etc/passwd', ''];

    expect(await compareOutputs(folders, names)).toMatchObject({ compared: 0, different: 0 });
    await removeOutputs(folders.base, names);
    expect(readdirSync(folder)).toContain('secret');
    expect(readdirSync(folders.base)).toEqual(expect.arrayContaining(['directory', 'link']));
  });

  it('are removed before a run, so that an old one is not taken for a new one', async () => {
    write('old', 'x', undefined);
    truncateSync(join(folders.base, 'old'));
    await removeOutputs(folders.base, ['old', 'nothing']);
    expect(readdirSync(folders.base)).not.toContain('old');
  });
});
