import { clip, PerfCiError } from '../domain/errors.ts';

/** Whether `text` is a full SHA-1 object name as git prints it. */
export function isObjectName(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/**
 * `sha` itself, when it is 40 lower-case hex digits: then it can be neither an option nor a revision expression.
 * @throws PerfCiError `bad-object-name`.
 */
export function requireObjectName(sha: string): string {
  if (isObjectName(sha)) return sha;
  throw new PerfCiError('bad-object-name', `expected 40 lower-case hex digits, found "${clip(sha)}"`, {
    remedy: 'give the full commit id',
  });
}

/** Rules of git-check-ref-format(1) for what follows `refs/heads/`. */
const FORBIDDEN_IN_BRANCH: readonly RegExp[] = [
  // eslint-disable-next-line no-control-regex -- control characters are one of the rules
  /[\u0000-\u0020\u007f~^:?*[\\]/,
  /\.\./,
  /@\{/,
  /\/\//,
  /^\/|\/$/,
  /\.$/,
  /(?:^|\/)\./,
  /\.lock(?:\/|$)/,
];

/**
 * `refs/heads/<branch>`. A full ref name starts with `refs/`, so it cannot be read as an option, and a valid one holds
 * none of the signs of a refspec (`:`, `*`, `^`), so every valid branch name is safe however strange it looks.
 * @throws PerfCiError `bad-branch-name` for what git itself would not accept as a branch.
 */
export function branchRef(branch: string): string {
  const bytes = Buffer.byteLength(branch);
  if (bytes > 0 && bytes <= 1000 && !FORBIDDEN_IN_BRANCH.some((rule) => rule.test(branch))) {
    return `refs/heads/${branch}`;
  }
  throw new PerfCiError(
    'bad-branch-name',
    `expected a branch name that git accepts, found "${clip(branch)}"`,
    {
      remedy: 'see the rules of `git help check-ref-format`',
    },
  );
}

/**
 * `refs/pull/<number>/head`, where GitHub keeps the head of a pull request.
 * @throws PerfCiError `bad-pull-number` unless it is a positive integer.
 */
export function pullRef(pullNumber: number): string {
  if (Number.isSafeInteger(pullNumber) && pullNumber > 0) return `refs/pull/${pullNumber}/head`;
  throw new PerfCiError(
    'bad-pull-number',
    `expected a positive integer as pull request number, found ${pullNumber}`,
  );
}

/**
 * A path inside a repository as git writes it: parts joined by one slash, none of them empty, `.` or `..`.
 * `''` is the root. One leading `./` and one trailing slash are forgiven.
 * @throws PerfCiError `bad-path`.
 */
export function requireRepositoryPath(path: string): string {
  const plain = path.replace(/^\.\//, '').replace(/\/$/, '');
  if (plain === '' || plain === '.') return '';
  const parts = plain.split('/');
  if (!plain.includes('\0') && parts.every((part) => part !== '' && part !== '.' && part !== '..'))
    return plain;
  throw new PerfCiError('bad-path', `expected a path inside the repository, found "${clip(path)}"`, {
    blame: 'config',
    remedy: 'write it relative to the root of the repository, without "..", for example services/ranking',
  });
}
