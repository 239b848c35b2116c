import type { HookAttempt } from '../src/github/hook-deliveries.ts';

/** GitHub redelivers what is at most three days old (docs.github.com, "Redelivering webhooks"). */
export const REDELIVERABLE_MS = 72 * 60 * 60_000;
/** An event that the door has refused this often is refused for good. */
const MOST_REFUSALS = 5;
/** The pause between two redeliveries of one event grows to this many sweep intervals. */
const LONGEST_PAUSE = 12;
/** GitHub counts 5 points for a POST and allows 900 a minute. */
const MOST_A_ROUND = 150;
/** While nothing gets through, only these few find out whether the door is open again. */
const PROBES_A_ROUND = 5;

/** An event of which no attempt to deliver got through. */
export interface MissedDelivery {
  guid: string;
  /** Oldest first. */
  attempts: HookAttempt[];
}

/** What was asked for in earlier rounds; an attempt shows in GitHub's list only some time after. */
export interface Asked {
  atMs: number;
  /** Attempts that the event has with this one. */
  attempts: number;
}

/** What became of an event, by all of its attempts. */
export interface MissedDeliveries {
  missed: MissedDelivery[];
  /** Too old to be redelivered: lost. */
  expired: MissedDelivery[];
}

/**
 * Groups attempts by event. An event whose original delivery is not among them is left out: it began before the
 * time that was looked at, so one of the attempts before may have got through.
 *
 * @param attempts in any order; the same attempt may stand there twice
 */
export function findMissed(attempts: readonly HookAttempt[], nowMs: number): MissedDeliveries {
  const byGuid = new Map<string, Map<string, HookAttempt>>();
  for (const attempt of attempts) {
    const known = byGuid.get(attempt.guid) ?? new Map<string, HookAttempt>();
    byGuid.set(attempt.guid, known.set(attempt.id, attempt));
  }
  const found: MissedDeliveries = { missed: [], expired: [] };
  for (const [guid, known] of byGuid) {
    const sorted = [...known.values()].sort(byAge);
    const original = sorted.find(({ isRedelivery }) => !isRedelivery);
    if (original === undefined || sorted.some(isDelivered)) continue;
    const isOld = original.deliveredAtMs < nowMs - REDELIVERABLE_MS;
    (isOld ? found.expired : found.missed).push({ guid, attempts: sorted });
  }
  return found;
}

/** Whether the newest attempt of all failed, so that the others would fail too; undefined: there was none. */
export function looksShut(attempts: readonly HookAttempt[]): boolean | undefined {
  const newest = [...attempts].sort(byAge).at(-1);
  return newest && !isDelivered(newest);
}

export interface RedeliveryRules {
  nowMs: number;
  /** Pause before the second redelivery of an event; it grows fourfold from there. */
  pauseMs: number;
  /** Whether nothing gets through at the moment. */
  isShut: boolean;
  /** Whether something got through for the first time since the last round. */
  hasReopened: boolean;
}

export interface Redelivery {
  guid: string;
  /** The newest attempt. */
  attemptId: string;
  /** Attempts that the event has with this one. */
  attempts: number;
}

export interface RedeliveryPlan {
  /** What to have redelivered now: each event once, oldest first. */
  redeliver: Redelivery[];
  /** More are due than one round may have. */
  hasMore: boolean;
  /** Refused by the door too often to be asked for again. */
  refused: MissedDelivery[];
}

/**
 * What to do about the missed events. The first redelivery of an event is due at once and each further one after a
 * pause that grows, so that one that is never taken costs little; a pause that was only due to a shut door ends when
 * the door opens.
 */
export function planRedeliveries(
  missed: readonly MissedDelivery[],
  asked: ReadonlyMap<string, Asked>,
  rules: RedeliveryRules,
): RedeliveryPlan {
  const isRefused = ({ attempts }: MissedDelivery): boolean =>
    attempts.filter(isRefusal).length >= MOST_REFUSALS;
  const due = missed
    .filter((delivery) => !isRefused(delivery) && isDue(delivery, asked.get(delivery.guid), rules))
    .sort((one, other) => byAge(firstOf(one), firstOf(other)));
  const most = rules.isShut ? PROBES_A_ROUND : MOST_A_ROUND;
  return {
    redeliver: due.slice(0, most).map((delivery) => ({
      guid: delivery.guid,
      attemptId: newestOf(delivery).id,
      attempts: triesOf(delivery, asked.get(delivery.guid)) + 1,
    })),
    hasMore: due.length > most,
    refused: missed.filter(isRefused),
  };
}

function isDue(delivery: MissedDelivery, asked: Asked | undefined, rules: RedeliveryRules): boolean {
  const tries = triesOf(delivery, asked);
  if (tries === 1) return true;
  const isShown = tries === delivery.attempts.length;
  if (rules.hasReopened && isShown && !isRefusal(newestOf(delivery))) return true;
  // Our own clock where we know when we asked: GitHub's may differ.
  const lastMs = asked?.atMs ?? newestOf(delivery).deliveredAtMs;
  return rules.nowMs - lastMs >= rules.pauseMs * Math.min(LONGEST_PAUSE, 4 ** (tries - 2));
}

/** Attempts of an event, those that GitHub's list does not show yet included. */
function triesOf(delivery: MissedDelivery, asked: Asked | undefined): number {
  return Math.max(delivery.attempts.length, asked?.attempts ?? 0);
}

function isDelivered({ statusCode }: HookAttempt): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** The door answered and did not want it; no answer and 5xx mean that the door is shut. */
function isRefusal({ statusCode }: HookAttempt): boolean {
  return statusCode >= 300 && statusCode < 500;
}

function firstOf({ attempts }: MissedDelivery): HookAttempt {
  return attempts[0] as HookAttempt;
}

function newestOf({ attempts }: MissedDelivery): HookAttempt {
  return attempts.at(-1) as HookAttempt;
}

/** By time and, within a second, by id, which may be longer than a double holds. */
function byAge(one: HookAttempt, other: HookAttempt): number {
  return (
    one.deliveredAtMs - other.deliveredAtMs || one.id.length - other.id.length || compare(one.id, other.id)
  );
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
