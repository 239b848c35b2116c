import { clip, PerfCiError } from '../domain/errors.ts';
import { lastLines, toPlainText } from './plain-text.ts';

/** How a failed git process is told from another; the first pattern that is found in its stderr wins. */
interface FailureKind {
  code: string;
  pattern: RegExp;
  expected: string;
  remedy: string;
  retryable?: boolean;
}

// git answers in English because LC_ALL is C. Order matters: "unable to access … error: 404" is a missing
// repository before it is a failed connection.
const FAILURE_KINDS: readonly FailureKind[] = [
  {
    code: 'access-denied',
    pattern:
      /Authentication failed|could not read (?:Username|Password)|returned error: 40[13]|HTTP Basic: Access denied/i,
    expected: 'expected read access to the repository, but the server refused it',
    remedy: 'check that the GitHub App is installed on this repository with "Contents: read"',
  },
  {
    code: 'repository-not-found',
    pattern: /repository '[^']*' not found|returned error: 404|returned error: 410/i,
    expected: 'expected a repository at its address, but the server knows none there',
    remedy: 'check that the repository exists and that the GitHub App may see it',
  },
  {
    code: 'repository-moved',
    pattern: /returned error: 30[1278]|unable to update url base from redirection/i,
    expected: 'expected the repository at its address, but the server redirects elsewhere',
    remedy: 'the repository was renamed or moved; its next event carries the new name',
    retryable: true,
  },
  {
    code: 'commit-unreachable',
    pattern: /not our ref|unadvertised object|couldn't find remote ref|no such remote ref/i,
    expected: 'expected the commit on the server, but it is no longer reachable there',
    remedy: 'it was probably replaced by a force-push; push again to get a new run',
  },
  {
    code: 'unsupported-object-format',
    pattern: /mismatched algorithms|unknown repository extension|unknown object format/i,
    expected: 'expected a repository with SHA-1 object names',
    remedy: 'repositories with SHA-256 object names are not supported',
  },
  {
    code: 'disk-full',
    pattern: /No space left on device|Disk quota exceeded/i,
    expected: 'expected room on the disk of the data directory',
    remedy: 'free some space there, or lower the limits of the build cache',
    retryable: true,
  },
  {
    code: 'objects-refused',
    pattern:
      // A crash is what git before 2.43 answers to folders nested tens of thousands deep.
      /ended by SIGSEGV|maximum allowed tree depth|fsck error|Invalid path|error in (?:tree|object|commit|tag|blob) |: (?:hasDot|fullPathname|duplicateEntries|gitmodules)/i,
    expected: 'expected well-formed git objects, but the check of the fetched objects failed',
    remedy:
      'run `git fsck` in the repository; names such as ".git" inside a tree, and endless folders, are never accepted',
  },
  {
    code: 'repository-unreachable',
    pattern:
      /Could not resolve|Failed to connect|Couldn't connect|Connection (?:refused|reset|timed out)|returned error: (?:5\d\d|429)|early EOF|hung up|RPC failed|unexpected disconnect|\bSSL\b|\bTLS\b|gnutls|too slow|Empty reply|expected flush|bad (?:line length|band)|invalid server response|unable to access/i,
    expected: 'expected an answer of the git server, but it could not be reached',
    remedy: 'it is tried again; if it lasts, check the network and the status of the server',
    retryable: true,
  },
  {
    code: 'objects-damaged',
    pattern:
      /not a git repository|bad config|bad object|bad tree|bad ref|broken (?:ref|link)|corrupt|damaged|does not match|invalid object|is empty|is too small|missing (?:blob|tree|commit|object)|object .* missing|packfile|unable to (?:find|read|open|parse|map|unpack)|cannot (?:read|load|open)|could not (?:read|parse|get)|did not send all necessary|not a tree|needed a single revision|not a valid (?:object|commit name)|bad (?:signature|index)|inflate/i,
    expected: 'expected readable git objects, but some are missing or damaged',
    remedy:
      'a mirror is made anew by itself; in a repository of yours run `git fsck`, in a partial clone `git fetch --refetch --no-filter`',
    retryable: true,
  },
];

export interface GitFailure {
  /** First word of the argument list, e.g. `fetch`. */
  command: string;
  exitCode: number | undefined;
  /** Signal that ended git, when one did. */
  signalName?: string | undefined;
  /** Already without secrets. */
  stderr: string;
}

/** The typed error for a git process that ended badly; code `git-failed` where no kind fits. */
export function toGitError(failure: GitFailure): PerfCiError {
  const crash = failure.signalName === 'SIGSEGV' ? 'fatal: git was ended by SIGSEGV\n' : '';
  const stderr = toPlainText(failure.stderr) + crash;
  const ending =
    failure.signalName === undefined ? `exit code ${failure.exitCode}` : `signal ${failure.signalName}`;
  const said = clip(lastFatalLine(stderr), 240);
  const details = { command: failure.command, exitCode: failure.exitCode, stderr: lastLines(stderr, 5, 240) };
  const kind = FAILURE_KINDS.find(({ pattern }) => pattern.test(stderr));
  if (kind === undefined) {
    return new PerfCiError(
      'git-failed',
      `expected \`git ${failure.command}\` to succeed, found ${ending}${said === '' ? '' : `: ${said}`}`,
      { details, remedy: 'see the message of git; `perf-ci doctor` checks the git version' },
    );
  }
  return new PerfCiError(kind.code, `${kind.expected} (git ${failure.command}: ${said})`, {
    details,
    remedy: kind.remedy,
    retryable: kind.retryable ?? false,
  });
}

/** The line that names the cause: the last `fatal:` or `error:`, else the last one. */
function lastFatalLine(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.findLast((line) => /^(?:fatal|error): /.test(line)) ?? lines.at(-1) ?? '';
}

/** Whether `error` is a {@link PerfCiError} with one of `codes`. */
export function hasCode(error: unknown, ...codes: string[]): error is PerfCiError {
  return error instanceof PerfCiError && codes.includes(error.code);
}

/** The error of work that its caller stopped. */
export function abortedError(signal: AbortSignal | undefined, what: string): PerfCiError {
  return new PerfCiError('aborted', `${what} was stopped before its end`, { cause: signal?.reason });
}
