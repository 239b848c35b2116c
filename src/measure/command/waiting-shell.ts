import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Duplex, Readable } from 'node:stream';

import { endProcessTree } from '../../processes/end-process-tree.ts';
import { wrapCommand } from '../../processes/wrap-command.ts';
import { forgetRunning, rememberRunning } from '../running.ts';

const STOP_GRACE_MS = 2000;
/** In the environment of a command and of all that it starts; a uuid, so of equal length on both sides. */
const MARKER_NAME = 'PERF_CI_COMMAND';
const MAX_TALK_CHARACTERS = 1024;

export interface ShellStart {
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  cpus: string | undefined;
  onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
}

/** A started waiter (see waiter.ts) and the conversation with it. */
export class WaitingShell {
  readonly #child: ChildProcess;
  readonly #talk: Duplex;
  readonly #guard: Duplex;
  readonly #marker = randomUUID();
  readonly #ended: Promise<void>;
  #said = '';
  #isGone = false;
  #onNews: () => void = () => undefined;

  constructor({ argv, cwd, env, cpus, onOutput }: ShellStart) {
    const [file = '', ...args] = wrapCommand(argv, { cpus, whenParentDies: 'KILL' });
    this.#child = spawn(file, args, {
      cwd,
      env: { ...env, [MARKER_NAME]: this.#marker },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    rememberRunning(this);
    this.#child.stdout?.on('data', (chunk: Buffer) => onOutput('stdout', chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => onOutput('stderr', chunk));
    const [, , , talk, guard] = this.#child.stdio as (Duplex | undefined)[];
    this.#talk = talk as Duplex;
    this.#guard = guard as Duplex;
    // A shell that is gone resets them, which its end tells better.
    for (const stream of [this.#talk, this.#guard]) stream.on('error', () => undefined);
    this.#talk.setEncoding('utf8');
    this.#talk.on('data', (text: string) => {
      this.#said = (this.#said + text).slice(0, MAX_TALK_CHARACTERS);
      this.#onNews();
    });
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#isGone = true;
        this.#onNews();
        resolve();
      };
      this.#child.once('error', end);
      this.#child.once('exit', end);
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Whether the shell has ended. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /**
   * Waits until what the shell has said satisfies `parse`.
   * @returns undefined when it is gone, or has said nothing of the kind within `timeoutMs`
   */
  async hear<T>(parse: (said: string) => T | undefined, timeoutMs: number): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<T | undefined>((resolve) => {
        this.#onNews = () => {
          const parsed = parse(this.#said);
          if (parsed !== undefined || this.#isGone) resolve(parsed);
        };
        timer = setTimeout(() => resolve(undefined), timeoutMs);
        this.#onNews();
      });
    } finally {
      clearTimeout(timer);
      this.#onNews = () => undefined;
    }
  }

  /** Forgets what was said so far and lets the shell go on. @param word that it is given */
  goOn(word = ''): void {
    this.#said = '';
    this.#talk.write(`${word}\n`);
  }

  /** Ends the shell and all that the command left running, and waits until its output is read. */
  async stop(): Promise<void> {
    forgetRunning(this);
    if (this.#child.pid !== undefined) {
      await endProcessTree({ pid: this.#child.pid, marker: `${MARKER_NAME}=${this.#marker}` }, STOP_GRACE_MS);
      await this.#ended;
    }
    this.#talk.destroy();
    this.#guard.destroy();
    await Promise.all([this.#child.stdout, this.#child.stderr].map((stream) => drained(stream)));
  }
}

/** Waits until a stream is read to its end, but not for a process that could not be ended. */
async function drained(stream: Readable | null): Promise<void> {
  if (stream === null || stream.closed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => stream.destroy(), 1000);
    stream.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
