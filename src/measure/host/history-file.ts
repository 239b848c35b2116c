import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { z } from 'zod';

import {
  type HostCheck,
  HISTORY_CHECKS,
  type HostFacts,
  type HostHistory,
  hostFactsSchema,
} from './host-facts.ts';

/** Also the unsteady ones, for people who look into the file. */
const KEPT = 100;
const MAX_BYTES = 1024 * 1024;

const check = z.object({
  facts: hostFactsSchema,
  outcome: z.enum(['accepted', 'flagged', 'refused']),
  steady: z.boolean(),
  at: z.iso.datetime(),
});
type KeptCheck = HostCheck & { at: string };
const file = z.object({ version: z.literal(1), machines: z.record(z.string().max(100), z.array(check)) });

/** How many machines one file holds; a home folder may be shared between them. */
const MACHINES = 20;

/**
 * The past of a machine in a JSON file, newest first. The file is replaced as a whole, so that a reader never sees half
 * of it; of two writers at the same moment one look is lost. A file that cannot be read or understood is no past.
 * @param onTrouble told once in plain words when the file cannot be used
 */
export function openHistoryFile(
  path: string,
  machineId: string,
  onTrouble: (what: string) => void = () => undefined,
): HostHistory {
  let said = false;
  const trouble = (what: string, error: unknown): void => {
    if (said) return;
    said = true;
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    onTrouble(`the machine's past in ${path} could not be ${what}: ${line ?? ''}`);
  };

  async function read(): Promise<Record<string, KeptCheck[]>> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') trouble('read', error);
      return {};
    }
    try {
      if (text.length > MAX_BYTES)
        throw new Error(`expected at most ${MAX_BYTES} characters, found ${text.length}`);
      const parsed = file.safeParse(JSON.parse(text));
      if (parsed.success) return parsed.data.machines;
      throw new Error('expected the looks at machines that perf-ci keeps there, found something else');
    } catch (error) {
      trouble('understood', error);
      return {};
    }
  }

  async function write(machines: Record<string, KeptCheck[]>): Promise<void> {
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(temporary, `${JSON.stringify({ version: 1, machines })}\n`);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      trouble('written', error);
    }
  }

  return {
    async steadyChecks(): Promise<HostFacts[]> {
      const kept = (await read())[machineId] ?? [];
      return kept
        .filter(({ steady }) => steady)
        .slice(0, HISTORY_CHECKS)
        .map(({ facts }) => facts);
    },
    async add(added) {
      const machines = await read();
      const kept = [{ ...added, at: new Date().toISOString() }, ...(machines[machineId] ?? [])].slice(
        0,
        KEPT,
      );
      const others = Object.entries(machines)
        .filter(([id]) => id !== machineId)
        .slice(0, MACHINES - 1);
      await write(Object.fromEntries([[machineId, kept], ...others]));
    },
  };
}
