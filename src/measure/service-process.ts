import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';

import type { ServiceSpec } from '../domain/benchmark.ts';
import type { Side, TrialFailure } from '../domain/trial.ts';
import { endProcessTree } from '../processes/end-process-tree.ts';
import { wrapCommand } from '../processes/wrap-command.ts';
import { ServiceClient } from './http-client.ts';
import { TrialError } from './trial-error.ts';

const OUTPUT_BYTES_KEPT = 64 * 1024;
const OUTPUT_LINES_SHOWN = 20;
const STOP_GRACE_MS = 2000;
const READY_POLL_MS = 4;
const END_NEWS_MS = 250;
/** In the environment of a service and of all that it starts; a uuid, so of equal length on both sides. */
const MARKER_NAME = 'PERF_CI_SERVICE';

const RUNNING = new Set<ServiceProcess>();

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
}

/** Replaces `{port}` in the start command, for services that take their port as an argument. */
export function startCommand(start: readonly string[], port: number): string[] {
  return start.map((part) => part.replaceAll('{port}', String(port)));
}

/** One running service: a process group of its own, its output kept, its end seen. */
export class ServiceProcess {
  readonly side: Side;
  readonly port: number;
  readonly #service: ServiceSpec;
  readonly #child: ChildProcess;
  readonly #spawnedMs: number;
  #output = '';
  #end: string | undefined;
  readonly #ended: Promise<void>;
  readonly #marker = randomUUID();

  constructor(start: ServiceStart) {
    this.side = start.side;
    this.port = start.port;
    this.#service = start.service;
    const [file = '', ...args] = wrapCommand(startCommand(start.service.start, start.port), {
      cpus: start.cpus,
      whenParentDies: 'KILL',
    });
    this.#spawnedMs = performance.now();
    this.#child = spawn(file, args, {
      cwd: start.tree,
      env: { ...start.env, [MARKER_NAME]: this.#marker },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    RUNNING.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_BYTES_KEPT);
      });
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
    return this.#output
      .split('\n')
      .slice(-OUTPUT_LINES_SHOWN - 1)
      .join('\n')
      .trimEnd();
  }

  failure(kind: TrialFailure['kind'], message: string): TrialError {
    return new TrialError({ [this.side]: { kind, message, outputTail: this.outputTail } });
  }

  /**
   * Waits for the first 2xx answer on the ready path.
   * @returns milliseconds since the process was spawned
   * @throws TrialError kind `exited` or `not-ready`
   */
  async waitUntilReady(): Promise<number> {
    const { readyPath, readyTimeoutMs } = this.#service;
    const client = new ServiceClient(this.port, Math.min(2000, readyTimeoutMs));
    let last = 'nothing listened on its port';
    try {
      for (;;) {
        if (this.#end !== undefined) {
          throw this.failure('exited', `the service ${this.#end} before it answered on ${readyPath}`);
        }
        const elapsedMs = performance.now() - this.#spawnedMs;
        if (elapsedMs > readyTimeoutMs) {
          throw this.failure(
            'not-ready',
            `expected a 2xx answer on ${readyPath} within ${readyTimeoutMs} ms of the start, found: ${last}`,
          );
        }
        try {
          const answer = await client.send({ method: 'GET', path: readyPath, headers: {} });
          if (answer.status >= 200 && answer.status < 300) return performance.now() - this.#spawnedMs;
          last = `status ${answer.status}`;
        } catch (error) {
          const { code, message } = error as NodeJS.ErrnoException;
          if (code !== 'ECONNREFUSED') last = message;
        }
        await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
      }
    } finally {
      client.close();
    }
  }

  /** Ends the process and all that it started: SIGTERM first, SIGKILL after a grace of 2 s. */
  async stop(): Promise<void> {
    RUNNING.delete(this);
    if (this.#child.pid === undefined) return;
    await endProcessTree({ pid: this.#child.pid, marker: `${MARKER_NAME}=${this.#marker}` }, STOP_GRACE_MS);
    await this.#ended;
  }
}

/** Ends every service that runs; for a runner that is told to end in the middle of a pair. */
export async function stopAllServices(): Promise<void> {
  await Promise.all([...RUNNING].map((service) => service.stop()));
}
