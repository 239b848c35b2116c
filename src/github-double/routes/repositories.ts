import { readCommit } from '../git/history.ts';
import { listAnswer } from '../http/list.ts';
import { notFound } from '../http/problem.ts';
import { type Answer, type Call, type Route, ok } from '../http/route.ts';
import { roleOf } from '../state/lookup.ts';
import type { Role } from '../state/records.ts';
import { commitView } from '../views/commit.ts';
import { fullRepositoryView, repositoryPage, repositoryUrl } from '../views/repository.ts';
import { publicUser, simpleUser } from '../views/user.ts';

/** The four words of the older permission field; finer roles fall on them. */
const OLD_WORD: Record<Role, string> = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
  none: 'none',
};

function permissionAnswer(call: Call): Answer {
  const known = call.world.users.get((call.params['username'] ?? '').toLowerCase());
  if (known === undefined) throw notFound();
  const role = roleOf(call.repository, known.login);
  const atLeast = (...roles: Role[]): boolean => roles.includes(role);
  const permissions = {
    admin: atLeast('admin'),
    maintain: atLeast('admin', 'maintain'),
    push: atLeast('admin', 'maintain', 'write'),
    triage: atLeast('admin', 'maintain', 'write', 'triage'),
    pull: role !== 'none',
  };
  return ok({
    permission: OLD_WORD[role],
    role_name: role,
    user: { ...simpleUser(call.world, known), permissions, role_name: role },
  });
}

function branchesOf(call: Call): { name: string; sha: string }[] {
  return [...call.repository.announcedRefs]
    .filter(([ref]) => ref.startsWith('refs/heads/'))
    .map(([ref, sha]) => ({ name: ref.slice('refs/heads/'.length), sha }));
}

async function branchAnswer(call: Call): Promise<Answer> {
  const branch = branchesOf(call).find(({ name }) => name === call.params['branch']);
  if (branch === undefined) throw notFound();
  const { world, repository } = call;
  const self = `${repositoryUrl(world, repository)}/branches/${encodeURIComponent(branch.name)}`;
  const off = { enforcement_level: 'off', contexts: [], checks: [] };
  return ok({
    name: branch.name,
    commit: commitView(world, repository, await readCommit(repository.path, branch.sha)),
    _links: { self, html: `${repositoryPage(world, repository)}/tree/${encodeURIComponent(branch.name)}` },
    protected: false,
    protection: { enabled: false, required_status_checks: off },
    protection_url: `${self}/protection`,
  });
}

/** Repositories, their branches and who may do what in them. */
export const repositoryRoutes: Route[] = [
  {
    operation: 'GET /repos/{owner}/{repo}',
    need: { as: 'token', permissions: ['metadata:read'] },
    answer: (call) => ok(fullRepositoryView(call.world, call.repository)),
  },
  {
    operation: 'GET /repos/{owner}/{repo}/branches',
    need: { as: 'token', permissions: ['contents:read'] },
    answer: (call) =>
      listAnswer(call, branchesOf(call), ({ name, sha }) => ({
        name,
        commit: { sha, url: `${repositoryUrl(call.world, call.repository)}/commits/${sha}` },
        protected: false,
      })),
  },
  {
    operation: 'GET /repos/{owner}/{repo}/branches/{branch}',
    need: { as: 'token', permissions: ['contents:read'] },
    answer: branchAnswer,
  },
  {
    operation: 'GET /repos/{owner}/{repo}/collaborators/{username}/permission',
    need: { as: 'token', permissions: ['metadata:read'], peopleNeed: 'write' },
    answer: permissionAnswer,
  },
  {
    operation: 'GET /users/{username}',
    need: { as: 'token', permissions: ['metadata:read'] },
    answer(call) {
      const known = call.world.users.get((call.params['username'] ?? '').toLowerCase());
      if (known === undefined) throw notFound();
      return ok(publicUser(call.world, known));
    },
  },
];
