import { type ChildProcess, spawn } from 'node:child_process';

import type { Log } from '../log.ts';
import { EXIT } from './exit-code.ts';

const FIRST_RESTART_MS = 250;
const LAST_RESTART_MS = 10_000;
/** A child that lived this long has started well: its next restart is quick again. */
const WELL_STARTED_MS = 4000;

export interface ChildPlan {
  name: string;
  command: readonly string[];
  env: Record<string, string>;
}

export interface SupervisedChild {
  readonly name: string;
  readonly pid: number | undefined;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when the child is gone and stays gone. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Keeps one process running: starts it again when it ends, slower each time it ends soon. A child that ends
 * with the exit code of a wrong setting is not started again, since the setting stays wrong.
 */
export function supervise(
  plan: ChildPlan,
  log: Log,
  onMisconfigured: (name: string) => void,
): SupervisedChild {
  let child: ChildProcess | undefined;
  let stopping = false;
  let restartMs = FIRST_RESTART_MS;
  let timer: NodeJS.Timeout | undefined;
  let onGone: (() => void) | undefined;

  function start(): void {
    const [file = '', ...args] = plan.command;
    const startedMs = performance.now();
    // Detached: Ctrl-C reaches us alone, and we stop the children in our order.
    child = spawn(file, args, { env: plan.env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
    const running = child;
    // A process that cannot be spawned gives an error and no exit; both are its end.
    let hasEnded = false;
    const ended = (code: number | null, signal: NodeJS.Signals | null, error?: Error): void => {
      if (hasEnded) return;
      hasEnded = true;
      child = undefined;
      if (stopping) {
        onGone?.();
        return;
      }
      if (code === EXIT.usage) {
        log.error({ child: plan.name }, 'a process found its settings wrong');
        onMisconfigured(plan.name);
        return;
      }
      log.warn({ child: plan.name, code, signal, error }, 'a process ended and is started again');
      if (performance.now() - startedMs > WELL_STARTED_MS) restartMs = FIRST_RESTART_MS;
      timer = setTimeout(start, restartMs);
      restartMs = Math.min(LAST_RESTART_MS, restartMs * 2);
    };
    running.once('error', (error) => {
      if (running.pid === undefined) ended(null, null, error);
    });
    running.once('exit', (code, signal) => ended(code, signal));
  }
  start();

  return {
    name: plan.name,
    get pid() {
      return child?.pid;
    },
    async stop(graceMs) {
      stopping = true;
      clearTimeout(timer);
      const running = child;
      if (running === undefined) return;
      const gone = new Promise<void>((resolve) => {
        onGone = resolve;
      });
      running.kill('SIGTERM');
      const kill = setTimeout(() => running.kill('SIGKILL'), graceMs);
      await gone;
      clearTimeout(kill);
    },
  };
}
