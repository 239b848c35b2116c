import { plantKey } from '../src/analyse/control.ts';
import type { Plant } from '../src/domain/control.ts';
import type { RunRequest } from '../src/domain/run.ts';
import type { Log } from '../src/log.ts';
import { activeRepositories, controlFacts, type ControlFacts } from '../src/store/control-runs.ts';
import { type Pool, withTransaction } from '../src/store/pool.ts';
import { createRun, nextRerunNumber } from '../src/store/runs.ts';

export interface ControlSettings {
  /** After so many judged pull request runs of a repository; 0: never. */
  everyRuns: number;
  /** Hour in UTC after which each night's control begins; undefined: never. */
  hour: number | undefined;
}

/** Behind everything that somebody waits for. */
export const CONTROL_PRIORITY = 90;

const SAME_CODE: Plant = { kind: 'none' };

/** Planted once a week each, one a night. */
export const WEEKLY_PLANTS: readonly Plant[] = [
  { kind: 'cpu', share: 0.02 },
  { kind: 'cpu', share: 0.03 },
  { kind: 'cpu', share: 0.05 },
  { kind: 'stall', share: 0.01, delayMs: 20 },
];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A night that was slept through is not made up for by day, when people wait for their pull requests. */
const NIGHT_MS = 6 * HOUR_MS;
/** A repository is controlled at night for so long after it was last measured. */
const ACTIVE_DAYS = 7;
/** A little less than a week, so that a night that began late does not move the next one by a day. */
const WEEK_MS = 6.5 * DAY_MS;

/** The beginning of the night that it is, in milliseconds; undefined by day. */
export function nightOf(nowMs: number, hour: number): number | undefined {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS + hour * HOUR_MS;
  const began = today <= nowMs ? today : today - DAY_MS;
  return nowMs - began < NIGHT_MS ? began : undefined;
}

/**
 * What is to be planted now in control runs of one repository, most of the time nothing. Same code: when the tenth (or so)
 * judged pull request run since the last such run is through, and once each night. Of the planted ones that a week has
 * not seen, one a night. While one of a kind waits or runs there is no second one. Pure.
 */
export function controlsDue(facts: ControlFacts, settings: ControlSettings, nowMs: number): Plant[] {
  const newestOf = (plant: Plant): ControlFacts['controls'][number] | undefined =>
    facts.controls.find((control) => isSamePlant(control.plant, plant));
  const due: Plant[] = [];
  const night = settings.hour === undefined ? undefined : nightOf(nowMs, settings.hour);
  const isNightly = night !== undefined && wasMeasuredBefore(facts, night);

  const same = newestOf(SAME_CODE);
  const isCounted = settings.everyRuns > 0 && facts.judgedSince >= settings.everyRuns;
  const isTonight = isNightly && (same === undefined || same.createdAt.getTime() < night);
  if ((isCounted || isTonight) && same?.open !== true) due.push(SAME_CODE);

  if (isNightly) {
    const planted = facts.controls.filter(({ plant }) => !isSamePlant(plant, SAME_CODE));
    const isPlantedTonight = planted.some(({ createdAt, open }) => open || createdAt.getTime() >= night);
    const next = isPlantedTonight ? undefined : longestAgo(newestOf, night);
    if (next !== undefined) due.push(next);
  }
  return due;
}

function wasMeasuredBefore({ judgedAt }: ControlFacts, nightMs: number): boolean {
  return judgedAt.some((at) => {
    const beforeMs = nightMs - at.getTime();
    return beforeMs >= 0 && beforeMs < ACTIVE_DAYS * DAY_MS;
  });
}

function longestAgo(
  newestOf: (plant: Plant) => { createdAt: Date } | undefined,
  nightMs: number,
): Plant | undefined {
  const ages = WEEKLY_PLANTS.map((plant) => {
    const newest = newestOf(plant);
    return { plant, ageMs: newest === undefined ? Infinity : nightMs - newest.createdAt.getTime() };
  });
  const [oldest] = ages.toSorted((a, b) => (a.ageMs === b.ageMs ? 0 : b.ageMs - a.ageMs));
  return oldest !== undefined && oldest.ageMs >= WEEK_MS ? oldest.plant : undefined;
}

function isSamePlant(one: Plant, other: Plant): boolean {
  return plantKey(one) === plantKey(other);
}

function requestOf(base: ControlFacts['base'], plant: Plant, rerunNumber: number): RunRequest {
  return {
    kind: 'control',
    ...base,
    headSha: base.baseSha,
    headRef: base.baseRef,
    fromFork: false,
    rerunNumber,
    priority: CONTROL_PRIORITY,
    actor: { id: '0', login: 'perf-ci' },
    plant,
  };
}

/** Creates the control runs that are due. @returns how many */
export async function scheduleControls(
  pool: Pool,
  settings: ControlSettings,
  nowMs = Date.now(),
): Promise<number> {
  if (settings.everyRuns === 0 && settings.hour === undefined) return 0;
  let created = 0;
  for (const repoId of await activeRepositories(pool, ACTIVE_DAYS + 1)) {
    created += await withTransaction(pool, async (tx) => {
      const facts = await controlFacts(tx, repoId);
      if (facts === undefined) return 0;
      const due = controlsDue(facts, settings, nowMs);
      for (const plant of due) {
        const head = { repoId, kind: 'control' as const, headSha: facts.base.baseSha };
        await createRun(tx, requestOf(facts.base, plant, await nextRerunNumber(tx, head)), 'queued');
      }
      return due.length;
    });
  }
  return created;
}

export interface ControlSchedule {
  stop(): Promise<void>;
}

/** Looks at every interval whether control runs are due. Several may do so at once. */
export function startControlSchedule(options: {
  pool: Pool;
  settings: ControlSettings;
  intervalMs: number;
  log: Log;
}): ControlSchedule {
  const { pool, settings, intervalMs, log } = options;
  let working: Promise<void> | undefined;

  async function look(): Promise<void> {
    try {
      const created = await scheduleControls(pool, settings);
      if (created > 0) log.info({ created }, 'created control runs');
    } catch (error) {
      log.warn({ error }, 'control runs could not be scheduled now');
    }
  }

  function begin(): void {
    working ??= look().finally(() => {
      working = undefined;
    });
  }

  const timer = setInterval(begin, intervalMs);
  begin();
  return {
    async stop() {
      clearInterval(timer);
      await working;
    },
  };
}
