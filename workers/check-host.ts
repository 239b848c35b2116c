import { join } from 'node:path';

import type { PerfCiError } from '../src/domain/errors.ts';
import type { Run } from '../src/domain/run.ts';
import { machineId } from '../src/measure/host/environment.ts';
import { openHistoryFile } from '../src/measure/host/history-file.ts';
import { HISTORY_CHECKS, type HostHistory, hostFactsSchema } from '../src/measure/host/host-facts.ts';
import { lookAtHost } from '../src/measure/host/look.ts';
import { choosePinning, parseCpuList } from '../src/measure/host/pinning.ts';
import { type HostReadiness, type PreflightMode, settleHost } from '../src/measure/host/settle.ts';
import { firstLeasedAt, saveHostCheck, steadyHostChecks } from '../src/store/host-checks.ts';
import type { PassOn } from '../src/store/pass-on.ts';
import type { Pool, Queryable } from '../src/store/pool.ts';
import { probeCommand } from './places.ts';

export const HOST_UNSTEADY: PerfCiError['code'] = 'host-unsteady';

/** A run that no machine of its pool was fit for is tried again so often, and measured all the same after so long. */
const AGAIN_MS = 60_000;
const PATIENCE_MS = 60 * 60_000;

/** How a run goes back into the queue when the machine is unfit: it uses up no attempt. */
export const WHEN_UNSTEADY: PassOn = { countAttempt: false, delayMs: AGAIN_MS };

/** The past of a machine in the database. Looks that an older version wrote in another form are left out. */
export function storedHistory(db: Queryable, id: string): HostHistory {
  return {
    async steadyChecks() {
      const rows = await steadyHostChecks(db, id, HISTORY_CHECKS);
      return rows.flatMap((row) => {
        const facts = hostFactsSchema.safeParse(row);
        return facts.success ? [facts.data] : [];
      });
    },
    add: (check) => saveHostCheck(db, id, check),
  };
}

/**
 * What an installation's mode means for one run: a machine that has been unfit for an hour is measured on all the same,
 * flagged. An answer with a wide margin and the reason beside it is worth more than none.
 */
export function modeForRun(
  mode: PreflightMode,
  firstTakenMs: number | undefined,
  nowMs: number,
): PreflightMode {
  if (mode !== 'refuse' || firstTakenMs === undefined) return mode;
  return nowMs - firstTakenMs > PATIENCE_MS ? 'flag' : mode;
}

interface Look {
  mode: PreflightMode;
  history: HostHistory | undefined;
  signal?: AbortSignal | undefined;
  onWait?: ((reasons: readonly string[]) => void) | undefined;
}

function checkHost({ mode, history, signal, onWait }: Look): Promise<HostReadiness> {
  const [cpu] = parseCpuList(choosePinning()?.services ?? '');
  return settleHost({
    mode,
    look: () =>
      lookAtHost({ probeCommand: probeCommand(), cpu: cpu === undefined ? undefined : String(cpu) }),
    history,
    signal,
    onWait,
  });
}

/**
 * The look at the machine before a worker measures `run`.
 * @param installationMode PERF_CI_PREFLIGHT; undefined: refuse
 * @throws PerfCiError `host-unsteady`; put the run back as {@link WHEN_UNSTEADY} says
 */
export async function checkHostForRun(
  pool: Pool,
  run: Pick<Run, 'id'>,
  options: {
    installationMode: PreflightMode | undefined;
    signal?: AbortSignal;
    onWait?(reasons: readonly string[]): void;
  },
): Promise<HostReadiness> {
  const firstTaken = await firstLeasedAt(pool, run.id);
  const mode = modeForRun(options.installationMode ?? 'refuse', firstTaken?.getTime(), Date.now());
  return checkHost({
    mode,
    history: storedHistory(pool, machineId()),
    signal: options.signal,
    onWait: options.onWait?.bind(options),
  });
}

/** The same for `perf-ci compare`: the past is a file in the data folder, and what is wrong with it becomes a note. */
export async function checkHostForCompare(
  dataFolder: string,
  options: {
    mode: PreflightMode | undefined;
    signal?: AbortSignal;
    onWait?(reasons: readonly string[]): void;
  },
): Promise<HostReadiness> {
  const troubles: string[] = [];
  const history = openHistoryFile(join(dataFolder, 'host-checks.json'), machineId(), (what) =>
    troubles.push(what),
  );
  const readiness = await checkHost({
    mode: options.mode ?? 'flag',
    history,
    signal: options.signal,
    onWait: options.onWait?.bind(options),
  });
  return { ...readiness, notes: [...readiness.notes, ...troubles] };
}
