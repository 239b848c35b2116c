/** How differences between two configurations are worded. */

import { canonicalJson } from './config-hash.ts';

type Value = string | number | boolean | undefined;

/** `key before → after`, or nothing where both are the same. */
export function valueChange(key: string, before: Value, after: Value): string[] {
  return before === after ? [] : [`${key} ${before ?? 'unset'} → ${after ?? 'unset'}`];
}

/** Whether something was added, removed or changed that would be too long to show. */
export function contentChange(key: string, before: unknown, after: unknown): string[] {
  if (before === undefined) return after === undefined ? [] : [`${key} added`];
  if (after === undefined) return [`${key} removed`];
  return canonicalJson(before) === canonicalJson(after) ? [] : [`${key} changed`];
}

/** What a list gains and loses. */
export function listChanges(key: string, before: readonly string[], after: readonly string[]): string[] {
  const added = after.filter((value) => !before.includes(value));
  const removed = before.filter((value) => !after.includes(value));
  return [
    ...(added.length === 0 ? [] : [`${key} adds ${added.join(' ')}`]),
    ...(removed.length === 0 ? [] : [`${key} drops ${removed.join(' ')}`]),
  ];
}

/** Environment variables, by name. */
export function variableChanges(
  key: string,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => valueChange(`${key}.${name}`, before[name], after[name]));
}

/** Commands as lists of arguments. */
export function commands(lists: readonly (readonly string[])[]): string {
  return lists.length === 0 ? 'none' : lists.map((command) => JSON.stringify(command)).join(', ');
}

/** One command; an empty one is none. */
export function commandText(command: readonly string[]): string {
  return command.length === 0 ? 'none' : JSON.stringify(command);
}
