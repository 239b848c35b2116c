import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Side } from '../../domain/trial.ts';
import { findOnPath, wrapCommand } from '../../processes/wrap-command.ts';
import { processTree } from '../accounts/process-tree.ts';
import { NotPossible, profileFileName } from './answer.ts';

const run = promisify(execFile);

/** Samples a second: an odd number, so that nothing periodic keeps step with it. */
const FREQUENCY_HZ = 2999;
const ANSWER_LIMIT_MS = 5000;
const SCRIPT_LIMIT_MS = 60_000;
const MAX_SCRIPT_BYTES = 60 * 2 ** 20;

/**
 * The event by which perf may sample a process of ours, or the reason why it may not. The CPU clock and not the cycle
 * counter, which virtual machines mostly lack.
 * @param paranoid text of /proc/sys/kernel/perf_event_paranoid; undefined where there is none
 */
export function perfEvent(paranoid: string | undefined, isRoot: boolean): string {
  if (paranoid === undefined) throw new NotPossible('this kernel has no perf events');
  const level = Number(paranoid.trim());
  if (isRoot || level <= 1) return 'cpu-clock';
  if (level === 2) return 'cpu-clock:u';
  throw new NotPossible(
    `expected kernel.perf_event_paranoid of 2 or less, found ${level}: the kernel allows no perf here`,
  );
}

function readParanoid(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/perf_event_paranoid', 'latin1');
  } catch {
    return undefined;
  }
}

/** A recording of one side by perf, told by pipes when to start so that nothing before counts. */
export class PerfRecording {
  readonly #perf: string;
  readonly #child: ChildProcess;
  readonly #data: string;
  readonly #control: string;
  readonly #answers: string;
  readonly #ended: Promise<void>;
  #stderr = '';

  private constructor(
    { perf, mkfifo }: Record<'perf' | 'mkfifo', string>,
    pids: readonly number[],
    files: { folder: string; side: Side },
  ) {
    this.#perf = perf;
    const at = (name: string): string => join(files.folder, `${files.side}.${name}`);
    this.#data = at('perf');
    this.#control = at('control');
    this.#answers = at('answers');
    execFileSync(mkfifo, [this.#control, this.#answers]);
    const event = perfEvent(readParanoid(), process.getuid?.() === 0);
    const args = ['record', '-q', '-e', event, '-F', String(FREQUENCY_HZ), '-g', '-p', pids.join(',')];
    args.push('-o', this.#data, '--delay=-1', `--control=fifo:${this.#control},${this.#answers}`);
    const [file = '', ...rest] = wrapCommand([perf, ...args], { whenParentDies: 'KILL' });
    this.#child = spawn(file, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-1000);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
  }

  /**
   * Starts to record all processes of a service.
   * @param pid the one that was started
   * @throws NotPossible when perf is missing or may not
   */
  static async start(
    pid: number,
    path: string,
    files: { folder: string; side: Side },
  ): Promise<PerfRecording> {
    const perf = findOnPath('perf', path);
    if (perf === undefined)
      throw new NotPossible('the service is no Node process, and perf is not installed here');
    const mkfifo = findOnPath('mkfifo', path);
    if (mkfifo === undefined) throw new NotPossible('mkfifo is not installed here');
    const recording = new PerfRecording({ perf, mkfifo }, [...processTree(pid)], files);
    try {
      await recording.#say('enable');
    } catch (error) {
      await recording.stop();
      const said = recording.#stderr.trim();
      throw new NotPossible(`perf did not start: ${said === '' ? (error as Error).message : said}`);
    }
    return recording;
  }

  /** Opened for reading too, so that neither end waits for the other to open. */
  async #say(word: string): Promise<void> {
    const control = await open(this.#control, 'r+');
    const answers = await open(this.#answers, 'r+');
    const stream = createReadStream('', { fd: answers, autoClose: false });
    let limit: NodeJS.Timeout | undefined;
    try {
      await control.write(`${word}\n`);
      await Promise.race([
        new Promise((resolve) => stream.once('data', resolve)),
        this.#ended.then(() => Promise.reject(new Error('it ended'))),
        new Promise((_, reject) => {
          limit = setTimeout(() => reject(new Error('it gave no answer')), ANSWER_LIMIT_MS);
        }),
      ]);
    } finally {
      clearTimeout(limit);
      // A read that waits on the pipe ends with a last line of our own.
      await answers.write('\n');
      stream.destroy();
      await control.close();
      await answers.close();
    }
  }

  /** Ends the recording; safe to call twice. */
  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), ANSWER_LIMIT_MS);
    await this.#ended;
    clearTimeout(kill);
  }

  /** Leaves what was recorded as text. @throws NotPossible when perf cannot read its own recording */
  async save(folder: string, side: Side): Promise<void> {
    const args = ['script', '-i', this.#data, '-F', 'pid,period,ip,sym,dso'];
    try {
      const { stdout } = await run(this.#perf, args, {
        timeout: SCRIPT_LIMIT_MS,
        maxBuffer: MAX_SCRIPT_BYTES,
      });
      await writeFile(join(folder, profileFileName(side, 0)), stdout);
    } catch (error) {
      throw new NotPossible(`perf could not read its recording: ${(error as Error).message.slice(0, 300)}`);
    }
  }
}
