import { setTimeout as sleep } from 'node:timers/promises';

import { PerfCiError } from '../../domain/errors.ts';
import type { HostFacts, HostHistory } from './host-facts.ts';
import { assessPreflight, type Preflight } from './preflight.ts';

/** `refuse`: do not measure on an unfit machine. `flag`: measure and say so. `off`: do not look. */
export type PreflightMode = 'refuse' | 'flag' | 'off';

/** How long an unfit machine is waited for: pressure and clocks forget a build of our own within seconds. */
const SETTLE_MS = 30_000;
const PAUSE_MS = 3000;

export interface SettleOptions {
  mode: PreflightMode;
  look: () => Promise<HostFacts>;
  /** Undefined: there is nothing to compare with. */
  history?: HostHistory | undefined;
  signal?: AbortSignal | undefined;
  /** Called once, when the machine is waited for. */
  onWait?: ((reasons: readonly string[]) => void) | undefined;
  /** For tests. */
  settleMs?: number;
  pauseMs?: number;
}

/** A machine that may be measured on. */
export interface HostReadiness {
  /** For the result: why the margin is wider, and what could not be looked at. One sentence each. */
  notes: string[];
  /** Why the margin has to be wider; empty on a steady machine. Part of a sentence each. */
  flags: string[];
  /** Measured on all the same: what is found says little of the installation in better hours. */
  unfit?: true;
  facts?: HostFacts;
}

/**
 * Looks at the machine before a measurement. In the mode `refuse` an unfit one gets half a minute to settle; in `flag`
 * nothing is waited for. Only the last look is remembered, so that ten looks at one disturbance do not become its past.
 * @throws PerfCiError `host-unsteady` (retryable) when it stays unfit in the mode `refuse`
 * @throws the signal's reason when it aborts meanwhile
 */
export async function settleHost(options: SettleOptions): Promise<HostReadiness> {
  const { mode, look, history, signal } = options;
  if (mode === 'off') return { notes: ['the machine was not looked at before measuring'], flags: [] };
  const past = (await history?.steadyChecks()) ?? [];
  const giveUpMs = performance.now() + (options.settleMs ?? SETTLE_MS);
  let waited = false;
  for (;;) {
    signal?.throwIfAborted();
    const facts = await look();
    const preflight = assessPreflight(facts, past);
    const isOver = mode === 'flag' || preflight.outcome !== 'refused' || performance.now() >= giveUpMs;
    if (isOver) {
      await history?.add({ facts, outcome: preflight.outcome, steady: preflight.steady });
      return readinessOf(facts, preflight, mode);
    }
    if (!waited) options.onWait?.(preflight.reasons);
    waited = true;
    await sleep(options.pauseMs ?? PAUSE_MS, undefined, signal === undefined ? {} : { signal });
  }
}

function readinessOf(
  facts: HostFacts,
  { outcome, reasons, notes }: Preflight,
  mode: PreflightMode,
): HostReadiness {
  if (outcome === 'refused' && mode === 'refuse') {
    throw new PerfCiError(
      'host-unsteady',
      `expected a steady machine to measure on, found: ${reasons.join('; ')}`,
      {
        retryable: true,
        remedy:
          'it is tried again; give the machine nothing else to do, or set PERF_CI_PREFLIGHT=flag to measure all the same',
        details: { reasons },
      },
    );
  }
  const isUnfit = outcome === 'refused';
  const unfit = isUnfit ? ' (too restless for sharp answers)' : '';
  return {
    notes: [...reasons.map((reason) => `before the first pair ${reason}${unfit}`), ...notes],
    flags: reasons,
    ...(isUnfit ? { unfit: true } : {}),
    facts,
  };
}
