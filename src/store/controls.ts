import type { ControlOutcome, Plant } from '../domain/control.ts';
import { isMetricName } from '../domain/metric.ts';
import type { Queryable } from './pool.ts';
import { storableJson, storableText, withoutUndefined } from './storable.ts';

/** What one control run found for one metric of one scenario. */
export type StoredOutcome = ControlOutcome & { scenario: string };

interface OutcomeRow {
  scenario: string;
  metric: string;
  plant: Plant;
  verdict: ControlOutcome['verdict'];
  log_ratio: number | null;
  alarmed: boolean;
  finished_at: Date;
}

/** Outcomes of each scenario, metric and plant that a standing is made from. */
const NEWEST = 100;
/** What is older was measured with other code and perhaps another load. */
const OLDEST_DAYS = 120;

/** Stores what a control run found, in the transaction that ends it, after `finishRun`. Stored twice, the first stays. */
export async function saveControlOutcomes(
  tx: Queryable,
  run: { runId: string; repoId: string; machineId: string },
  outcomes: readonly StoredOutcome[],
): Promise<void> {
  for (const outcome of outcomes) {
    await tx.query(
      `insert into control_outcomes (run_id, repo_id, machine_id, scenario, metric, plant, verdict, log_ratio,
                                     alarmed, finished_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (run_id, scenario, metric) do nothing`,
      [
        run.runId,
        run.repoId,
        run.machineId,
        storableText(outcome.scenario),
        outcome.metric,
        storableJson(outcome.plant),
        outcome.verdict,
        outcome.logRatio ?? null,
        outcome.alarmed,
        outcome.finishedAt,
      ],
    );
  }
}

/**
 * What control runs of a repository found on one machine: of each scenario, metric and plant the newest hundred of the
 * last four months. Figures of unlike machines are never mixed.
 */
export async function controlOutcomes(
  db: Queryable,
  sought: { repoId: string; machineId: string; scenarios: readonly string[] },
): Promise<StoredOutcome[]> {
  const { rows } = await db.query<OutcomeRow>(
    `select * from (
       select c.scenario, c.metric, c.plant, c.verdict, c.log_ratio, c.alarmed, c.finished_at,
              row_number() over (partition by c.scenario, c.metric, c.plant order by c.finished_at desc) as place
       from control_outcomes c
       where c.repo_id = $1 and c.machine_id = $2 and c.scenario = any($3)
         and c.finished_at > now() - $4 * interval '1 day'
     ) newest
     where newest.place <= $5
     order by newest.finished_at desc, newest.scenario, newest.metric`,
    [sought.repoId, sought.machineId, sought.scenarios.map(storableText), OLDEST_DAYS, NEWEST],
  );
  return rows.flatMap(({ metric, ...row }) => {
    // A newer version may have stored metrics that this one does not know.
    if (!isMetricName(metric)) return [];
    return withoutUndefined<StoredOutcome>({
      scenario: row.scenario,
      metric,
      plant: row.plant,
      verdict: row.verdict,
      logRatio: row.log_ratio ?? undefined,
      alarmed: row.alarmed,
      finishedAt: row.finished_at.toISOString(),
    });
  });
}

/** Where control runs were measured. */
export interface ControlPlace {
  repoId: string;
  repoFullName: string;
  machineId: string;
  scenarios: string[];
}

/** Every repository and machine of which there are outcomes, with the scenarios that have some. */
export async function controlPlaces(db: Queryable): Promise<ControlPlace[]> {
  const { rows } = await db.query<{
    repo_id: string;
    full_name: string | null;
    machine_id: string;
    scenarios: string[];
  }>(
    `select c.repo_id, r.full_name, c.machine_id, array_agg(distinct c.scenario order by c.scenario) as scenarios
     from control_outcomes c left join repositories r on r.repo_id = c.repo_id
     group by c.repo_id, r.full_name, c.machine_id
     order by r.full_name, c.machine_id`,
  );
  return rows.map((row) => ({
    repoId: row.repo_id,
    repoFullName: row.full_name ?? `repository ${row.repo_id}`,
    machineId: row.machine_id,
    scenarios: row.scenarios,
  }));
}

/** Forgets what control runs of a repository found, on all machines. @returns outcomes forgotten */
export async function forgetControlOutcomes(db: Queryable, repoFullName: string): Promise<number> {
  const { rowCount } = await db.query(
    `delete from control_outcomes c using repositories r where r.repo_id = c.repo_id and r.full_name = $1`,
    [storableText(repoFullName)],
  );
  return rowCount ?? 0;
}
