import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';

import type { ServiceSpec } from '../domain/benchmark.ts';
import type { Side, TrialFailure } from '../domain/trial.ts';
import { endProcessTree } from '../processes/end-process-tree.ts';
import { wrapCommand } from '../processes/wrap-command.ts';
import { withInspectorPort } from './accounts/node-options.ts';
import { PrintedNumbers } from './accounts/printed.ts';
import { OutputTail } from './output-tail.ts';
import { forgetRunning, rememberRunning } from './running.ts';
import { untilReady } from './service-ready.ts';
import { TrialError } from './trial-error.ts';

const STOP_GRACE_MS = 2000;
const END_NEWS_MS = 250;
/** In the environment of a service and of all that it starts; a uuid, so of equal length on both sides. */
const MARKER_NAME = 'PERF_CI_SERVICE';

export interface ServiceStart {
  side: Side;
  service: ServiceSpec;
  /** Folder that holds the built tree. */
  tree: string;
  port: number;
  /** The whole environment of the process; nothing else is passed on. */
  env: Record<string, string>;
  /** CPU list for taskset; undefined: not pinned. */
  cpus: string | undefined;
  /** Where Node will open its inspector once it is asked to, five digits; undefined: it is left alone. */
  inspectorPort?: number | undefined;
  /** Texts before numbers on lines that it prints, see {@link ServiceProcess.printed}. */
  watch?: readonly string[];
}

/** Replaces `{port}` in the start command, for services that take their port as an argument. */
export function startCommand(start: readonly string[], port: number): string[] {
  return start.map((part) => part.replaceAll('{port}', String(port)));
}

/** One running service: a process group of its own, its output kept, its end seen. */
export class ServiceProcess {
  readonly side: Side;
  readonly port: number;
  /** Undefined: no inspector was arranged for. */
  readonly inspectorPort: number | undefined;
  /** `NAME=value` in the environment of the service and of all that it starts. */
  readonly marker = `${MARKER_NAME}=${randomUUID()}`;
  readonly #service: ServiceSpec;
  readonly #child: ChildProcess;
  readonly #spawnedMs: number;
  readonly #printed: PrintedNumbers;
  readonly #afterStop: (() => Promise<void>)[] = [];
  readonly #output = new OutputTail();
  #end: string | undefined;
  readonly #ended: Promise<void>;

  constructor(start: ServiceStart) {
    this.side = start.side;
    this.port = start.port;
    this.inspectorPort = start.inspectorPort;
    this.#service = start.service;
    this.#printed = new PrintedNumbers(start.watch ?? []);
    const [file = '', ...args] = wrapCommand(startCommand(start.service.start, start.port), {
      cpus: start.cpus,
      whenParentDies: 'KILL',
    });
    const env =
      start.inspectorPort === undefined ? start.env : withInspectorPort(start.env, start.inspectorPort);
    this.#spawnedMs = performance.now();
    this.#child = spawn(file, args, {
      cwd: start.tree,
      env: { ...env, [MARKER_NAME]: this.marker.slice(MARKER_NAME.length + 1) },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    rememberRunning(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      const watch = this.#printed.stream();
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => {
        watch.write(text);
        this.#output.add(text);
      });
      stream?.on('end', () => watch.end());
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#end = `could not be started: ${error.message}`;
        resolve();
      });
      this.#child.once('exit', (code, signal) => {
        this.#end ??= signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
        resolve();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** How the process ended, or undefined while it runs. */
  get end(): string | undefined {
    return this.#end;
  }

  /**
   * How the process ended, given a moment: a dying process resets its connections before its parent hears of
   * its end, and "reset" would be the wrong name for it.
   */
  async endSoon(): Promise<string | undefined> {
    await Promise.race([this.#ended, new Promise((resolve) => setTimeout(resolve, END_NEWS_MS))]);
    return this.#end;
  }

  get outputTail(): string {
    return this.#output.lines;
  }

  /** The last finite number that it printed behind `text` on a whole line; undefined: none, or `text` is not watched. */
  printed(text: string): number | undefined {
    return this.#printed.last(text);
  }

  failure(kind: TrialFailure['kind'], message: string): TrialError {
    return new TrialError({ [this.side]: { kind, message, outputTail: this.outputTail } });
  }

  /**
   * Waits for the first 2xx answer on the ready path, or for the port to accept a connection (`readyBy`).
   * @returns milliseconds since the process was spawned
   * @throws TrialError kind `exited` or `not-ready`
   */
  async waitUntilReady(): Promise<number> {
    const { readyPath, readyBy, readyTimeoutMs } = this.#service;
    const sign = readyBy === 'tcp' ? 'a connection to its port' : `a 2xx answer on ${readyPath}`;
    await untilReady(this.#service, this.port, (last) => {
      if (this.#end !== undefined) {
        const when = readyBy === 'tcp' ? 'its port accepted a connection' : `it answered on ${readyPath}`;
        throw this.failure('exited', `the service ${this.#end} before ${when}`);
      }
      if (performance.now() - this.#spawnedMs > readyTimeoutMs) {
        throw this.failure(
          'not-ready',
          `expected ${sign} within ${readyTimeoutMs} ms of the start, found: ${last}`,
        );
      }
    });
    return performance.now() - this.#spawnedMs;
  }

  /** Registers what is to be done once the processes are gone, such as removing their control group. */
  afterStop(action: () => Promise<void>): void {
    this.#afterStop.push(action);
  }

  /** Ends the process and all that it started: SIGTERM first, SIGKILL after a grace of 2 s. */
  async stop(): Promise<void> {
    forgetRunning(this);
    if (this.#child.pid !== undefined) {
      await endProcessTree({ pid: this.#child.pid, marker: this.marker }, STOP_GRACE_MS);
      await this.#ended;
    }
    for (const action of this.#afterStop.splice(0)) await action();
  }
}
