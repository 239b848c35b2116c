import type { DesiredCheck } from '../../../src/report/check.ts';
import type { Answer, Failure, GitHubWrites, RemoteComment } from '../../../src/report/ports.ts';

/** `commit`: done although the answer is lost; `hide`: done, and left out of lists for a while. */
export type Trouble = { failure: Failure; commits?: boolean };

export interface FakeGitHub {
  writes: GitHubWrites;
  comments: RemoteComment[];
  checks: { id: string; check: DesiredCheck; appId: string }[];
  /** What was asked, such as `createComment`, in order. */
  calls: string[];
  /** What the next calls of this name meet, in order. */
  trouble(call: keyof GitHubWrites, ...troubles: Trouble[]): void;
  /** Ids that lists do not show. */
  hidden: Set<string>;
}

const NOT_FOUND: Failure = { kind: 'rejected', status: 404, message: 'GitHub answered 404: Not Found' };

/** GitHub in memory, for one repository. */
export function fakeGitHub(appId = '42'): FakeGitHub {
  const comments: RemoteComment[] = [];
  const checks: FakeGitHub['checks'] = [];
  const calls: string[] = [];
  const hidden = new Set<string>();
  const troubles = new Map<string, Trouble[]>();
  let lastId = 100;

  async function call<T>(name: keyof GitHubWrites, effect: () => Answer<T>): Promise<Answer<T>> {
    calls.push(name);
    const trouble = troubles.get(name)?.shift();
    if (trouble === undefined) return effect();
    if (trouble.commits === true) effect();
    return { ok: false, failure: trouble.failure };
  }

  const writes: GitHubWrites = {
    createComment: (_, body) =>
      call('createComment', () => {
        const id = String((lastId += 1));
        comments.push({ id, body, appId, authorId: '7' });
        return { ok: true, value: { id } };
      }),
    updateComment: (_, id, body) =>
      call('updateComment', () => {
        const comment = comments.find((candidate) => candidate.id === id);
        if (comment === undefined) return { ok: false, failure: NOT_FOUND };
        comment.body = body;
        return { ok: true, value: { id } };
      }),
    deleteComment: (_, id) =>
      call('deleteComment', () => {
        const index = comments.findIndex((candidate) => candidate.id === id);
        if (index < 0) return { ok: false, failure: NOT_FOUND };
        comments.splice(index, 1);
        return { ok: true, value: undefined };
      }),
    listComments: () =>
      call('listComments', () => ({ ok: true, value: comments.filter(({ id }) => !hidden.has(id)) })),
    createCheck: (_, check) =>
      call('createCheck', () => {
        const id = String((lastId += 1));
        checks.push({ id, check, appId });
        return { ok: true, value: { id } };
      }),
    updateCheck: (_, id, check) =>
      call('updateCheck', () => {
        const found = checks.find((candidate) => candidate.id === id);
        if (found === undefined) return { ok: false, failure: NOT_FOUND };
        found.check = check;
        return { ok: true, value: { id } };
      }),
    listChecks: () =>
      call('listChecks', () => ({
        ok: true,
        value: checks
          .filter(({ id }) => !hidden.has(id))
          .map(({ id, check, appId }) => ({ id, name: check.name, externalId: check.externalId, appId })),
      })),
  };

  return {
    writes,
    comments,
    checks,
    calls,
    hidden,
    trouble: (name, ...more) => void troubles.set(name, [...(troubles.get(name) ?? []), ...more]),
  };
}
