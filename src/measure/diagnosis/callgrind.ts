import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { NotPossible } from './answer.ts';
import type { Program } from './program.ts';

const run = promisify(execFile);

/**
 * Determinism on V8's side: garbage collection and compilation on the one thread and at points that depend on counts
 * and not on time, hash and random seeds fixed.
 */
const NODE_FLAGS = ['--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1'];
const COMMAND_LIMIT_MS = 20_000;

/**
 * `start` under callgrind, which counts nothing until it is told to: start-up and warm-up then run several times faster.
 * `--smc-check=all-non-file` because V8 writes code while it runs. No cache or branch is simulated: only instructions
 * are asked for, and those repeat (0.02 % between starts).
 */
export function underCallgrind(
  start: readonly string[],
  program: Extract<Program, { file: string }>,
  files: { valgrind: string; folder: string; side: string },
): string[] {
  return [
    files.valgrind,
    '--tool=callgrind',
    '--instr-atstart=no',
    '--smc-check=all-non-file',
    `--vgdb-prefix=${join(files.folder, 'vgdb')}`,
    `--callgrind-out-file=${countsFile(files.folder, files.side)}`,
    program.file,
    ...(program.kind === 'node' ? NODE_FLAGS : []),
    ...start.slice(1),
  ];
}

function countsFile(folder: string, side: string): string {
  return join(folder, `callgrind-${side}`);
}

/** One program under callgrind, spoken to by vgdb. */
export class Callgrind {
  readonly #vgdb: string;
  readonly #pid: number;
  readonly #folder: string;
  readonly #side: string;
  #dumps = 0;

  constructor(vgdb: string, pid: number, folder: string, side: string) {
    this.#vgdb = vgdb;
    this.#pid = pid;
    this.#folder = folder;
    this.#side = side;
  }

  async startCounting(): Promise<void> {
    await this.#command('instrumentation', 'on');
  }

  /** Instructions since counting started or since the last time that this was asked. */
  async take(): Promise<number> {
    await this.#command('dump');
    this.#dumps += 1;
    const text = await readFile(`${countsFile(this.#folder, this.#side)}.${this.#dumps}`, 'latin1').catch(
      () => {
        throw new NotPossible('valgrind left no counts');
      },
    );
    return totalOf(text);
  }

  async #command(...words: string[]): Promise<void> {
    const args = [`--vgdb-prefix=${join(this.#folder, 'vgdb')}`, `--pid=${this.#pid}`, ...words];
    try {
      await run(this.#vgdb, args, { timeout: COMMAND_LIMIT_MS });
    } catch (error) {
      throw new NotPossible(
        `valgrind did not take the command ${words.join(' ')}: ${(error as Error).message}`,
      );
    }
  }
}

/** The sum in the text of a callgrind file. @throws NotPossible when there is none */
export function totalOf(text: string): number {
  const total = /^(?:totals|summary): (\d{1,18})\s*$/m.exec(text)?.[1];
  if (total === undefined) throw new NotPossible('expected a total in what valgrind left, found none');
  return Number(total);
}
