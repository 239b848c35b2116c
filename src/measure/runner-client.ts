import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { PerfCiError } from '../domain/errors.ts';
import type { Environment, Pair } from '../domain/trial.ts';
import { wrapCommand } from '../processes/wrap-command.ts';
import type { DiagnoseRequest, DiagnosisAnswer } from './diagnosis/answer.ts';
import type { PairRequest } from './pair.ts';
import { longestPairMs } from './pair-deadline.ts';
import { type FromRunner, parseRunnerLine, type RunnerPlan, type ToRunner } from './protocol.ts';

const START_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 8000;
/** What a diagnosis may take beyond its own limit, for stopping what it started. */
const DIAGNOSIS_MARGIN_MS = 15_000;

/** One resident runner: the load generator keeps its compiled code from pair to pair. */
export class Runner {
  readonly #child: ChildProcess;
  readonly #plan: RunnerPlan;
  #answer: { resolve(message: FromRunner): void; reject(error: Error): void } | undefined;
  #stderr = '';
  #end: string | undefined;

  private constructor(child: ChildProcess, plan: RunnerPlan) {
    this.#child = child;
    this.#plan = plan;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-4000);
    });
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => this.#read(line));
    child.once('exit', (code, signal) => this.#fail(signal ?? `code ${code}`));
    child.once('error', (error) => this.#fail(error.message));
    child.stdin?.on('error', () => {
      // The exit event that follows tells more than a broken pipe.
    });
  }

  /**
   * Starts a runner and gives it its plan.
   * @param command the argument list that runs workers/runner.ts
   * @param signal aborting ends the runner, which ends its services first
   */
  static async start(
    command: readonly string[],
    plan: RunnerPlan,
    signal?: AbortSignal,
  ): Promise<{ runner: Runner; environment: Environment }> {
    const [file = '', ...args] = wrapCommand(command, {
      cpus: plan.pinning?.generator,
      whenParentDies: 'TERM',
    });
    const child = spawn(file, args, {
      // Empty but for PATH: what the runner does not have, no service can find in it.
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const runner = new Runner(child, plan);
    signal?.addEventListener('abort', () => runner.#abort(), { once: true });
    if (signal?.aborted) runner.#abort();
    try {
      const ready = await runner.#ask({ type: 'plan', plan }, START_DEADLINE_MS);
      if (ready.type === 'ready') return { runner, environment: ready.environment };
      throw runner.#unexpected(ready);
    } catch (error) {
      await runner.stop();
      throw error;
    }
  }

  /** Measures one pair. @throws PerfCiError `runner-failed` (retryable) when the runner itself fails */
  async pair(request: PairRequest): Promise<Pair> {
    const scenario = this.#plan.scenarios.find(({ name }) => name === request.scenario);
    if (scenario === undefined) throw new RangeError(`no scenario ${request.scenario} in the plan`);
    const limitMs = longestPairMs(this.#plan.config.service, scenario);
    const answer = await this.#ask({ type: 'pair', request }, limitMs);
    if (answer.type !== 'pair') throw this.#unexpected(answer);
    return answer.pair;
  }

  /** Looks at a scenario more closely. @throws PerfCiError `runner-failed` when the runner itself fails */
  async diagnose(request: DiagnoseRequest): Promise<DiagnosisAnswer> {
    const answer = await this.#ask({ type: 'diagnose', request }, request.limitMs + DIAGNOSIS_MARGIN_MS);
    if (answer.type !== 'diagnosis' || answer.answer.what !== request.what) throw this.#unexpected(answer);
    return answer.answer;
  }

  /** The runner stops its services and goes; one that does not is killed, and its services with it. */
  #abort(): void {
    if (this.#end !== undefined) return;
    this.#child.kill('SIGTERM');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE_MS);
    this.#child.once('exit', () => clearTimeout(kill));
  }

  /** Ends the runner; its services end with it. */
  async stop(): Promise<void> {
    if (this.#end !== undefined) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin?.end();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await exited;
    clearTimeout(kill);
  }

  async #ask(message: ToRunner, deadlineMs: number): Promise<FromRunner> {
    if (this.#end !== undefined) throw this.#gone();
    const answered = new Promise<FromRunner>((resolve, reject) => {
      this.#answer = { resolve, reject };
    });
    const deadline = setTimeout(() => this.#abort(), deadlineMs);
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
    try {
      return await answered;
    } finally {
      clearTimeout(deadline);
    }
  }

  #read(line: string): void {
    try {
      this.#answer?.resolve(parseRunnerLine(line));
    } catch (cause) {
      this.#answer?.reject(
        new PerfCiError('runner-failed', 'the runner printed a line that is no message', {
          retryable: true,
          cause,
        }),
      );
    }
  }

  #fail(how: string): void {
    this.#end ??= how;
    this.#answer?.reject(this.#gone());
  }

  #gone(): PerfCiError {
    return new PerfCiError('runner-failed', `the runner ended (${this.#end ?? 'unknown'})`, {
      retryable: true,
      remedy: 'the run is tried again; if this stays, run perf-ci doctor on the worker',
      details: { stderr: this.#stderr },
    });
  }

  #unexpected(message: FromRunner): PerfCiError {
    // What the runner names by itself, such as a message that no proto file fits, stays the same however often it is tried.
    if (message.type === 'error' && message.code !== 'runner-failed') {
      return new PerfCiError(message.code, message.message, { blame: 'config' });
    }
    const what = message.type === 'error' ? message.message : `a message of type ${message.type}`;
    return new PerfCiError('runner-failed', `the runner answered with ${what}`, { retryable: true });
  }
}
