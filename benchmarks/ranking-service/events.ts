import { CATEGORIES, DEVICES } from './request.ts';

/** One line of the log that the shop writes: an item was shown to a user, or clicked by one. */
export interface RawEvent {
  readonly type: 'impression' | 'click';
  readonly user: number;
  readonly item: number;
  /** Of the item, at that time. */
  readonly category: number;
  /** Index into DEVICES. */
  readonly device: number;
  /** Local hour of the day, 0 to 23. */
  readonly hour: number;
}

/** Users are numbered below this, so that user, item and hour together stay an exact number. */
export const HIGHEST_USER = 2 ** 24 - 1;

/** An event as a line of JSON, without its line break. */
export function eventLine({ type, user, item, category, device, hour }: RawEvent): string {
  return `{"type":"${type}","user":${user},"item":${item},"category":${category},"device":"${DEVICES[device]}","hour":${hour}}`;
}

/**
 * Reads one line of the log; further fields are passed over, as logs grow.
 * @throws Error that says what was expected and what was found
 */
export function parseEvent(line: string, itemCount: number): RawEvent {
  const fields = asFields(line);
  const { type } = fields;
  if (type !== 'impression' && type !== 'click') {
    throw new Error(`expected type to be impression or click, found ${show(type)}`);
  }
  const device = DEVICES.indexOf(fields['device'] as (typeof DEVICES)[number]);
  if (device < 0) {
    throw new Error(`expected device to be one of ${DEVICES.join(', ')}, found ${show(fields['device'])}`);
  }
  return {
    type,
    device,
    user: asInteger(fields, 'user', HIGHEST_USER),
    item: asInteger(fields, 'item', itemCount - 1),
    category: asInteger(fields, 'category', CATEGORIES - 1),
    hour: asInteger(fields, 'hour', 23),
  };
}

function asFields(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`expected one JSON object, found ${show(line)}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error(`expected one JSON object, found ${show(value)}`);
}

function asInteger(fields: Record<string, unknown>, name: string, highest: number): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= highest) return value;
  throw new Error(`expected ${name} to be a whole number from 0 to ${highest}, found ${show(value)}`);
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
