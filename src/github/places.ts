import { PerfCiError } from '../domain/errors.ts';

/** A repository as requests name it. */
export interface RepositoryPlace {
  installationId: string;
  /** `owner/name`. */
  repoFullName: string;
}

/**
 * Owner and name of a repository.
 *
 * @throws PerfCiError `repository-name` when the text is not `owner/name`
 */
export function splitFullName(fullName: string): { owner: string; repo: string } {
  const [owner = '', repo = '', ...rest] = fullName.split('/');
  if (owner === '' || repo === '' || rest.length > 0) {
    throw new PerfCiError('repository-name', `expected owner/name, found ${JSON.stringify(fullName)}`);
  }
  return { owner, repo };
}
