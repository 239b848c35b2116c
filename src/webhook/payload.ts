import type { z } from 'zod';
import { type JsonObject, isJsonObject, parseBoundedJson } from './bounded-json.ts';
import { EVENTS } from './event-schemas.ts';
import type { GitHubEvent } from '../domain/github-event.ts';
import { fieldProblem, mismatchProblem, PROBLEMS, type Problem } from './problem.ts';

export type Narrowed =
  | { state: 'ok'; event: GitHubEvent; action: string | undefined }
  /** Signed and well-formed, but nothing that is acted on; `reason` is short and stable. */
  | { state: 'ignored'; reason: 'event' | 'ping' | 'branch-deleted'; action: string | undefined }
  | { state: 'refused'; problem: Problem };

/**
 * Narrows the raw body of a signed delivery of `eventName` to the few fields that are used. Pure, bounded in
 * time, never throws.
 *
 * The signature covers the body only, so the event header proves nothing: a body without the marks of that event
 * is refused. Actions that are not acted on are ignored before their fields are looked at.
 */
export function readEvent(eventName: string, body: Buffer): Narrowed {
  const json = parseBoundedJson(body);
  if (json.state === 'refused') return json;

  const payload = json.value;
  const action = actionOf(payload);
  const known = Object.hasOwn(EVENTS, eventName) ? EVENTS[eventName as keyof typeof EVENTS] : undefined;
  if (known === undefined) return { state: 'ignored', reason: 'event', action };
  if (!known.marks.every((mark) => Object.hasOwn(payload, mark))) return refused(mismatchProblem(eventName));
  if (known.schema === undefined) return { state: 'ignored', reason: 'ping', action };
  if (known.actions !== undefined && !known.actions.includes(action ?? '')) {
    return { state: 'ignored', reason: 'event', action };
  }
  if (!isJsonObject(payload['installation'])) return refused(PROBLEMS.noInstallation);

  return narrowFields(known.schema, payload, action);
}

function narrowFields(
  schema: z.ZodType<GitHubEvent | 'branch-deleted'>,
  payload: JsonObject,
  action: string | undefined,
): Narrowed {
  const parsed = schema.safeParse(payload);
  if (!parsed.success) return refused(firstProblem(parsed.error, payload));
  if (parsed.data === 'branch-deleted') return { state: 'ignored', reason: 'branch-deleted', action };
  return { state: 'ok', event: parsed.data, action };
}

/** The action as it may be stored; anything else counts as none. */
function actionOf(payload: JsonObject): string | undefined {
  const action = Object.hasOwn(payload, 'action') ? payload['action'] : undefined;
  return typeof action === 'string' && /^[a-z_]{1,64}$/.test(action) ? action : undefined;
}

function refused(problem: Problem): Narrowed {
  return { state: 'refused', problem };
}

function firstProblem(error: z.ZodError, payload: JsonObject): Problem {
  const issue = error.issues[0];
  const path = issue?.path ?? [];
  return fieldProblem(path.map(String).join('.'), issue?.message ?? 'payload', valueAt(payload, path));
}

function valueAt(payload: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    payload,
  );
}
