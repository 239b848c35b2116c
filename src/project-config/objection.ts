/** Rules over single values, and how the schema uses them. */

import type { z } from 'zod';
import { expectation } from './found.ts';

/** Why a value is refused. */
export interface Objection {
  /** What the value should have been; the message becomes "expected …; found …". */
  expected: string;
  fix?: string;
  /** The part of the value that is wrong, where it is not the whole. */
  found?: unknown;
}

/** Words for every way in which a value can miss `expected`, absence included. */
export function expecting(expected: string): { error: (issue: { input?: unknown }) => string } {
  return { error: (issue) => expectation(expected, issue.input) };
}

/** A zod refinement that reports what `rule` objects to. */
export function obeying<T>(
  rule: (value: T) => Objection | undefined,
): (value: T, context: z.RefinementCtx) => void {
  return (value, context) => {
    const objection = rule(value);
    if (objection === undefined) return;
    context.addIssue({
      code: 'custom',
      message: expectation(objection.expected, objection.found ?? value),
      params: objection.fix === undefined ? {} : { fix: objection.fix },
    });
  };
}
