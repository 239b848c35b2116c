import { createHash } from 'node:crypto';

/** All that decides what a build yields; equal facts share one build. */
export interface BuildFacts {
  /** From `treeOf`. */
  treeId: string;
  directory: string;
  build: readonly (readonly string[])[];
  env: Readonly<Record<string, string>>;
  /** For example `v24.21.0`. */
  nodeVersion: string;
  /** A build of less trusted code is never used for more trusted code. */
  trustTier: string;
}

/** SHA-256 over the facts, hex: name of the build in the cache. */
export function buildKey(facts: BuildFacts): string {
  const canonical = [
    'perf-ci build 2',
    facts.treeId,
    facts.directory,
    facts.build,
    Object.entries(facts.env).sort(([left], [right]) => (left < right ? -1 : 1)),
    facts.nodeVersion,
    process.platform,
    process.arch,
    facts.trustTier,
  ];
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}
