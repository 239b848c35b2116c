import { createHash } from 'node:crypto';
import type { ProjectConfig } from '../domain/benchmark.ts';

/** SHA-256, in hex, of the canonical form of a resolved configuration: the files that it names are part of it. */
export function configHash(config: ProjectConfig): string {
  return createHash('sha256').update(canonicalJson(config)).digest('hex');
}

/** JSON with the keys of every object in code unit order, so that equal data gives equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : Number(a > b))));
  });
}
