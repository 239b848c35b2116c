import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

import { SIDES } from '../../src/domain/trial.ts';
import { choosePorts, Slots } from '../../src/measure/slots.ts';
import { environmentOf } from '../../src/measure/start-both.ts';
import { tinyConfig } from './helpers.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function twoSlots(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perf-ci-slots-'));
  folders.push(folder);
  for (const [slot, side] of [
    ['s0', 'base'],
    ['s1', 'head'],
  ] as const) {
    await mkdir(join(folder, slot));
    await writeFile(join(folder, slot, 'who'), side);
  }
  return folder;
}

/** What lies in the folder that each side is said to start in. */
async function found(slots: Slots, first: 'base' | 'head'): Promise<string[]> {
  const trees = slots.arrange(first);
  return Promise.all(SIDES.map((side) => readFile(join(trees[side], 'who'), 'utf8')));
}

describe('the slots', () => {
  it.each(['base', 'head'] as const)(
    'give each side its own folder after a runner that left %s first',
    async (left) => {
      const folder = await twoSlots();
      new Slots(folder, '').arrange(left);

      expect(await found(new Slots(folder, ''), 'base')).toEqual(['base', 'head']);
      expect(await found(new Slots(folder, ''), 'head')).toEqual(['base', 'head']);
    },
  );

  it.each([
    ['the first was put aside', [['s0', 'sx']]],
    [
      'the second took its place',
      [
        ['s0', 'sx'],
        ['s1', 's0'],
      ],
    ],
  ])('are put in order after a runner that died when %s', async (_what, renames) => {
    for (const first of SIDES) {
      const folder = await twoSlots();
      new Slots(folder, '').arrange(first);
      for (const [from = '', to = ''] of renames) await rename(join(folder, from), join(folder, to));

      expect(await found(new Slots(folder, ''), 'head')).toEqual(['base', 'head']);
    }
  });
});

describe('the two sides', () => {
  it.each(['auto', 8080, 9999, 10_000, 65_535] as const)(
    'have ports of equal length and environments of equal names and lengths, port %s',
    async (port) => {
      const slots = new Slots(await twoSlots(), '');
      const context = { config: tinyConfig({ SEED: '1' }), slots, pinning: undefined, path: '/usr/bin' };
      for (const first of SIDES) {
        const ports = await choosePorts(port, first);
        const trees = slots.arrange(first);
        const [base, head] = SIDES.map((side) =>
          Object.entries(environmentOf(context, trees[side], ports[side])).map(([name, value]) => [
            name,
            value.length,
          ]),
        );

        expect(base).toEqual(head);
        expect(ports.base).not.toBe(ports.head);
        expect(Math.max(ports.base, ports.head)).toBeLessThan(65_536);
        if (port !== 'auto') expect(ports[first]).toBe(port);
      }
    },
  );
});
