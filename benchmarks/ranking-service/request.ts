import { Refusal } from './refusal.ts';

/** Item categories, numbered from 0. */
export const CATEGORIES = 24;
export const DEVICES = ['phone', 'tablet', 'desktop', 'tv'] as const;
export const LOCALES = ['en', 'de', 'fr', 'es', 'ja'] as const;
export const SURFACES = ['home', 'search', 'item'] as const;

export const LIMITS = { k: 100, candidates: 5_000, defaultCandidates: 400 } as const;

/** Where and when the answer will be shown; names are already replaced by their index in the lists above. */
export interface Context {
  readonly device: number;
  /** Local hour of the day, 0 to 23. */
  readonly hour: number;
  readonly locale: number;
  readonly surface: number;
}

/** One checked question: the best `k` of about `candidates` recalled items for a user. */
export interface RankRequest {
  readonly userId: number;
  readonly context: Context;
  readonly k: number;
  readonly candidates: number;
}

type Fields = Record<string, unknown>;

/**
 * Checks the body of `POST /rank`.
 * @throws Refusal (400) naming the field, what was expected and what was found.
 */
export function parseRankRequest(body: unknown, userCount: number): RankRequest {
  const fields = asFields(body, 'the body', ['userId', 'context', 'k', 'candidates']);
  const context = asFields(fields['context'], 'context', ['device', 'hour', 'locale', 'surface']);
  const candidates = fields['candidates'] ?? LIMITS.defaultCandidates;
  return {
    userId: asInteger(fields['userId'], 'userId', 0, userCount - 1),
    context: {
      device: asIndex(context['device'], 'context.device', DEVICES),
      hour: asInteger(context['hour'], 'context.hour', 0, 23),
      locale: asIndex(context['locale'], 'context.locale', LOCALES),
      surface: asIndex(context['surface'], 'context.surface', SURFACES),
    },
    k: asInteger(fields['k'], 'k', 1, LIMITS.k),
    candidates: asInteger(candidates, 'candidates', 1, LIMITS.candidates),
  };
}

function asFields(value: unknown, name: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal(400, `${name} must be an object with ${known.join(', ')}; found ${show(value)}`);
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw new Refusal(400, `${name} has an unknown field ${show(key)}; known are ${known.join(', ')}`);
    }
  }
  return value as Fields;
}

function asInteger(value: unknown, name: string, lowest: number, highest: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= lowest && value <= highest)
    return value;
  throw new Refusal(400, `${name} must be a whole number from ${lowest} to ${highest}; found ${show(value)}`);
}

function asIndex(value: unknown, name: string, choices: readonly string[]): number {
  const index = typeof value === 'string' ? choices.indexOf(value) : -1;
  if (index >= 0) return index;
  throw new Refusal(400, `${name} must be one of ${choices.join(', ')}; found ${show(value)}`);
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
