/** Plain data against the schema: every finding at once, not only the first. */

import type { z } from 'zod';
import type { SchemaNode } from './json-schema.ts';
import { MAX_PROBLEMS_PER_FILE, type ConfigPath, type Finding } from './problem.ts';
import { unknownKey } from './unknown-keys.ts';

/** The findings of `schema` on `value`; `node` is the same schema as JSON Schema. `accepted` is undefined if there is one. */
export function checkAgainst<S extends z.ZodType>(
  schema: S,
  node: SchemaNode,
  value: unknown,
): { accepted: z.output<S> | undefined; findings: Finding[] } {
  // Without `jitless` zod compiles checks with `new Function`, which a hardened process forbids.
  const result = schema.safeParse(value, { reportInput: true, jitless: true });
  if (result.success) return { accepted: result.data, findings: [] };
  return { accepted: undefined, findings: result.error.issues.flatMap((issue) => toFindings(node, issue)) };
}

function toFindings(node: SchemaNode, issue: z.core.$ZodIssue): Finding[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    // Beyond what is listed a key is only counted, so no nearest key is looked for.
    return issue.keys.map((key, index) =>
      index < MAX_PROBLEMS_PER_FILE
        ? unknownKey(node, path, key)
        : { path: [...path, key], message: 'unknown key' },
    );
  }
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => toFinding(path, inner, 'key'));
  return [toFinding(path, issue, 'value')];
}

function toFinding(path: ConfigPath, issue: z.core.$ZodIssue, at: 'key' | 'value'): Finding {
  const fix: unknown = issue.code === 'custom' ? issue.params?.['fix'] : undefined;
  return { path, at, message: issue.message, ...(typeof fix === 'string' ? { fix } : {}) };
}
