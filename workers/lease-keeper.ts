import type { Run, RunState } from '../src/domain/run.ts';
import type { Log } from '../src/log.ts';
import type { Pool } from '../src/store/pool.ts';
import { renewLease } from '../src/store/runs.ts';

/** Why a worker must stop what it does. */
export type Interruption =
  { kind: 'lease-lost'; state: RunState } | { kind: 'stopping' } | { kind: 'timed-out'; limitMs: number };

export interface LeaseKeeper {
  /** Aborts when the lease is lost (also by a cancel or a newer push) or when the worker stops. */
  readonly signal: AbortSignal;
  readonly interruption: Interruption | undefined;
  interrupt(why: Interruption): void;
  stop(): void;
}

/**
 * Renews the lease of `run` three times a lease. A database that does not answer is asked again until the
 * lease has certainly run out; only then is the run given up, since another worker may have it.
 */
export function keepLease(pool: Pool, run: Run, leaseMs: number, log: Log): LeaseKeeper {
  const abort = new AbortController();
  let interruption: Interruption | undefined;
  let lastHeldMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function interrupt(why: Interruption): void {
    interruption ??= why;
    abort.abort();
  }

  async function renew(): Promise<void> {
    const askedMs = performance.now();
    try {
      const lease = await renewLease(pool, { runId: run.id, leaseEpoch: run.leaseEpoch, leaseMs });
      if (!lease.held) {
        interrupt({ kind: 'lease-lost', state: lease.state });
        return;
      }
      lastHeldMs = askedMs;
    } catch (error) {
      log.warn({ error }, 'the lease could not be renewed');
      if (performance.now() - lastHeldMs > leaseMs) {
        interrupt({ kind: 'lease-lost', state: 'leased' });
        return;
      }
    }
    schedule();
  }

  function schedule(): void {
    if (!stopped) timer = setTimeout(() => void renew(), leaseMs / 3);
  }

  schedule();
  return {
    signal: abort.signal,
    get interruption() {
      return interruption;
    },
    interrupt,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
