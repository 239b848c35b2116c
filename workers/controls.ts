import { outcomesOf, standingsOf } from '../src/analyse/control.ts';
import type { ControlStanding } from '../src/domain/control.ts';
import type { Run, RunResult } from '../src/domain/run.ts';
import { controlOutcomes, saveControlOutcomes } from '../src/store/controls.ts';
import type { Queryable } from '../src/store/pool.ts';

/**
 * What the standing control says of the scenarios of `run` on this machine, to be given to the judging and shown with the
 * result. A control run is judged by its bias like any other, but not by its block: see outcomesOf.
 */
export async function loadStandings(
  db: Queryable,
  run: Pick<Run, 'repoId' | 'kind'>,
  where: { machineId: string; scenarios: readonly string[] },
): Promise<ControlStanding[]> {
  const standings = standingsOf(await controlOutcomes(db, { repoId: run.repoId, ...where }));
  if (run.kind !== 'control') return standings;
  return standings.map(({ blocked: _blocked, ...standing }) => standing);
}

/** Keeps what a control run found, in the transaction that ends it; nothing for other runs and other ends. */
export async function saveOutcomes(
  tx: Queryable,
  run: Pick<Run, 'id' | 'repoId' | 'kind' | 'plant'>,
  result: RunResult,
): Promise<void> {
  if (run.kind !== 'control' || run.plant === undefined || result.kind !== 'judged') return;
  // A machine that nobody should have measured on tells nothing of what alarms are worth in better hours.
  if (result.hostUnfit === true) return;
  const outcomes = outcomesOf(result.verdicts, run.plant, new Date().toISOString());
  const { machineId } = result.environment;
  await saveControlOutcomes(tx, { runId: run.id, repoId: run.repoId, machineId }, outcomes);
}
