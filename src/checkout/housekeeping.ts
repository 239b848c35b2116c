import type { WantedCommit } from './fetch.ts';
import { KEPT_REFS } from './fetch.ts';
import { git, gitText, type GitLimits, type ObjectStore } from './git.ts';

/** A mirror holds on to this many commits; with twice as many, the oldest are let go. */
export const KEPT_COMMITS = 500;
const GC_TIMEOUT_MS = 10 * 60_000;

/**
 * Keeps a mirror small after years of fetches: lets the oldest kept commits go and packs objects when git's own rule
 * says so (6,700 loose objects or 50 packs). Called while the mirror's lock is held and nothing is measured. What was
 * let go leaves the disk two weeks later at the earliest, so a reader of the same moment loses nothing.
 * A failure is left for the next time: the mirror is only larger than it could be.
 */
export async function tidyMirror(
  store: ObjectStore,
  inUse: readonly WantedCommit[],
  limits: GitLimits = {},
  keptCommits = KEPT_COMMITS,
): Promise<void> {
  const call = { gitDir: store.gitDir, signal: limits.signal };
  const listed = await gitText(
    ['for-each-ref', '--sort=-committerdate', '--format=%(refname)', KEPT_REFS],
    call,
  );
  const refs = listed === '' ? [] : listed.split('\n');
  if (refs.length > 2 * keptCommits) {
    const needed = new Set(inUse.map(({ sha }) => `${KEPT_REFS}${sha}`));
    const old = refs.slice(keptCommits).filter((ref) => !needed.has(ref));
    await git(['update-ref', '--stdin'], { ...call, input: old.map((ref) => `delete ${ref}\n`).join('') });
  }
  const config = { 'gc.auto': '6700', 'gc.autoDetach': 'false' };
  await git(['gc', '--auto', '--quiet'], { ...call, config, timeoutMs: GC_TIMEOUT_MS }).catch(() => {});
}
