import type { Run } from '../domain/run.ts';
import { count } from './numbers.ts';
import type { TextStyle } from './style.ts';
import type { Comparison } from './view.ts';

/** The first seven characters of a commit id. */
export function shortSha(sha: string): string {
  return sha.slice(0, 7);
}

/** ``base `a1b2c3d` (merge base, 3 commits behind `main`) → head `9f8e7d6` ``. */
export function describeCommits(comparison: Comparison, style: TextStyle): string {
  const { result } = comparison;
  const base = style.code(shortSha(result.baseSha));
  return `base ${base} (${describeBase(comparison, style)}) → head ${style.code(shortSha(result.headSha))}`;
}

/** The same before anything was measured. */
export function describeRunCommits(run: Run, style: TextStyle): string {
  const head = `head ${style.code(shortSha(run.headSha))}`;
  if (run.kind === 'push') return `base ${style.code(shortSha(run.baseSha))} (first parent) → ${head}`;
  if (run.mergeBaseSha === undefined) return `${head} against ${style.code(run.baseRef, 60)}`;
  const base = style.code(shortSha(run.mergeBaseSha));
  return `base ${base} (merge base with ${style.code(run.baseRef, 60)}) → ${head}`;
}

function describeBase({ result, baseIs, baseRef }: Comparison, style: TextStyle): string {
  if (baseIs === 'first-parent') return 'first parent';
  const branch = style.code(baseRef, 60);
  const behind = result.commitsBehind;
  if (behind === undefined) return `merge base with ${branch}`;
  return behind === 0
    ? `merge base, up to date with ${branch}`
    : `merge base, ${count(behind, 'commit')} behind ${branch}`;
}
