import { git, gitText, type GitLimits, type ObjectStore } from './git.ts';
import { isObjectName, requireObjectName } from './object-names.ts';

/** What a head is compared against. */
export type Comparison =
  | {
      state: 'comparable';
      /** The commit to measure the head against. */
      mergeBaseSha: string;
      /** Commits on the base branch that the head does not have. */
      commitsBehind: number;
    }
  /** The head brings no commit that the base does not have; `why` is a sentence for people. */
  | { state: 'nothing-to-compare'; why: string }
  /** The two have no common history. */
  | { state: 'no-merge-base'; why: string };

/**
 * Finds the commit from which `headSha` left the base branch. The head is measured against it and not against the tip,
 * so that what others merged meanwhile is nobody's regression. Where several are equally good (criss-cross merges),
 * git's first one is taken.
 * @throws PerfCiError `objects-damaged` when one of the commits is not in the store.
 */
export async function compareCommits(
  store: ObjectStore,
  baseSha: string,
  headSha: string,
  limits: GitLimits = {},
): Promise<Comparison> {
  const [base, head] = [requireObjectName(baseSha), requireObjectName(headSha)];
  if (base === head) {
    return { state: 'nothing-to-compare', why: `base and head are the same commit, ${short(head)}` };
  }
  const call = { gitDir: store.gitDir, ...limits };
  const answer = await git(['merge-base', base, head], { ...call, alsoFine: [1] });
  const mergeBaseSha = answer.stdout.toString('utf8').trim();
  if (!isObjectName(mergeBaseSha)) {
    const cutOff = (await gitText(['rev-parse', '--is-shallow-repository'], call)) === 'true';
    const remedy = cutOff ? ' in this shallow clone: fetch the rest with `git fetch --unshallow`' : '';
    return {
      state: 'no-merge-base',
      why: `${short(base)} and ${short(head)} have no commit in common${remedy}`,
    };
  }
  if (mergeBaseSha === head) {
    return { state: 'nothing-to-compare', why: `the base already contains the head, ${short(head)}` };
  }
  const behind = await gitText(['rev-list', '--count', `${head}..${base}`], call);
  return { state: 'comparable', mergeBaseSha, commitsBehind: Number(behind) };
}

function short(sha: string): string {
  return sha.slice(0, 9);
}
