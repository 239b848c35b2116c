/** What this process has started and must end before it ends itself. */
export interface Stoppable {
  stop(): Promise<void>;
}

const RUNNING = new Set<Stoppable>();

/** Remembers something that runs, until {@link forgetRunning}. */
export function rememberRunning(started: Stoppable): void {
  RUNNING.add(started);
}

export function forgetRunning(started: Stoppable): void {
  RUNNING.delete(started);
}

/** Ends every service and command that runs; for a runner that is told to end in the middle of a pair. */
export async function stopAllRunning(): Promise<void> {
  // Again: a pair whose first side is ended while it starts has its second side still to start.
  while (RUNNING.size > 0) {
    await Promise.all(
      [...RUNNING].map((started) => {
        RUNNING.delete(started);
        return started.stop();
      }),
    );
  }
}
