import { canWrite, roleOf } from '../state/lookup.ts';
import type { RepositoryRecord } from '../state/records.ts';
import { covers, grants } from './access.ts';
import type { Identity } from './identity.ts';

/** What GitHub's git server says to a client: go on (as this login), or a refusal in plain text. */
export type GitAccess =
  { kind: 'allowed'; login: string } | { kind: 'refused'; status: 401 | 403 | 404; message: string };

const refuse = (status: 401 | 403 | 404, message: string): GitAccess => ({
  kind: 'refused',
  status,
  message,
});

/** Decides about a fetch or a push; a private repository is not told from a missing one. */
export function gitAccess(
  identity: Identity,
  repository: RepositoryRecord | undefined,
  wanted: { isPush: boolean; botLogin: string },
): GitAccess {
  const { isPush } = wanted;
  if (identity.kind === 'unknown' || identity.kind === 'app') {
    return refuse(401, 'Invalid username or token.');
  }
  if (identity.kind === 'none') {
    const isOpen = repository !== undefined && !repository.isPrivate && !isPush;
    return isOpen ? { kind: 'allowed', login: '' } : refuse(401, 'Authentication required.');
  }
  if (repository === undefined) return refuse(404, 'Repository not found.');
  if (identity.kind === 'user') {
    const role = roleOf(repository, identity.user.login);
    if (role === 'none') return refuse(404, 'Repository not found.');
    if (!isPush || canWrite(role)) return { kind: 'allowed', login: identity.user.login };
    return refuse(403, `Permission to ${repository.name} denied to ${identity.user.login}.`);
  }
  if (!covers(identity.token, repository)) {
    const isReadable = !repository.isPrivate && !isPush;
    return isReadable ? { kind: 'allowed', login: wanted.botLogin } : refuse(404, 'Repository not found.');
  }
  const permission = isPush ? 'contents:write' : 'contents:read';
  return grants(identity.token.permissions, permission)
    ? { kind: 'allowed', login: wanted.botLogin }
    : refuse(403, 'Write access to repository not granted.');
}
