import { runGit } from './run-git.ts';

export interface Person {
  name: string;
  email: string;
  /** ISO 8601 in UTC, whole seconds. */
  date: string;
}

export interface CommitFacts {
  sha: string;
  treeSha: string;
  parents: string[];
  author: Person;
  committer: Person;
  message: string;
}

/** Names of the files that a commit changed against its first parent; none for a merge. */
export interface ChangedNames {
  added: string[];
  removed: string[];
  modified: string[];
}

// Unit separators part the fields: no name and no address can hold one, and the message comes last.
const FIELDS = '%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%at%x1f%cn%x1f%ce%x1f%ct%x1f%B';

function isoSeconds(seconds: string | undefined): string {
  return `${new Date(Number(seconds ?? 0) * 1000).toISOString().slice(0, 19)}Z`;
}

function parseCommit(record: string): CommitFacts {
  const [sha = '', treeSha = '', parents = '', an = '', ae = '', at, cn = '', ce = '', ct, ...message] =
    record.split('\u001f');
  return {
    sha,
    treeSha,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    author: { name: an, email: ae, date: isoSeconds(at) },
    committer: { name: cn, email: ce, date: isoSeconds(ct) },
    message: message.join('\u001f').trimEnd(),
  };
}

/** The commit that a name means in a repository (sha, branch, tag, `heads/x`), or undefined. */
export async function resolveCommit(path: string, name: string): Promise<string | undefined> {
  // Names come from URLs: they travel on stdin, where nothing can be taken for an option.
  if (name === '' || /[\s\0]/.test(name)) return undefined;
  const candidates = [`refs/heads/${name}`, `refs/tags/${name}`, `refs/${name}`];
  if (/^[0-9a-f]{4,40}$/.test(name)) candidates.push(name);
  const { stdout } = await runGit(['-C', path, 'cat-file', '--batch-check=%(objectname) %(objecttype)'], {
    input: candidates.map((candidate) => `${candidate}^{commit}\n`).join(''),
  });
  const found = stdout.split('\n').find((line) => /^[0-9a-f]{40} commit$/.test(line));
  return found?.slice(0, 40);
}

export interface CommitRange {
  include: string;
  exclude?: string;
  limit?: number;
  skip?: number;
  file?: string;
}

function rangeArguments(range: CommitRange): string[] {
  return [
    `--max-count=${range.limit ?? 250}`,
    `--skip=${range.skip ?? 0}`,
    range.include,
    ...(range.exclude === undefined ? [] : [`^${range.exclude}`]),
    '--',
    ...(range.file === undefined ? [] : [range.file]),
  ];
}

/** Commits reachable from `include` and not from `exclude`, newest first. */
export async function listCommits(path: string, range: CommitRange): Promise<CommitFacts[]> {
  const { stdout } = await runGit(['-C', path, 'log', '-z', `--format=${FIELDS}`, ...rangeArguments(range)]);
  return stdout
    .split('\0')
    .filter((record) => record !== '')
    .map(parseCommit);
}

/** Reads what `--name-status -z` says of one commit: `STATUS\0path\0`, with a second path for renames. */
function parseNames(fields: string[]): ChangedNames {
  const names: ChangedNames = { added: [], removed: [], modified: [] };
  for (let at = 0; at < fields.length;) {
    const status = fields[at++] ?? '';
    if (status === '') continue;
    const renamed = status.startsWith('R') ? fields[at++] : undefined;
    const name = fields[at++] ?? '';
    if (renamed !== undefined) names.removed.push(renamed);
    if (status === 'A' || renamed !== undefined) names.added.push(name);
    else if (status === 'D') names.removed.push(name);
    else names.modified.push(name);
  }
  return names;
}

/** The same commits with the names of what they changed, all by one git process however many they are. */
export async function listCommitsWithNames(
  path: string,
  range: CommitRange,
): Promise<{ commit: CommitFacts; names: ChangedNames }[]> {
  // A record and a group separator around the fields tell them from the names that follow.
  const format = `--format=%x1e${FIELDS}%x1d`;
  const { stdout } = await runGit([
    '-C',
    path,
    'log',
    '-z',
    '--name-status',
    format,
    ...rangeArguments(range),
  ]);
  return `\0${stdout}`
    .split('\0\u001e')
    .slice(1)
    .map((record) => {
      const end = record.lastIndexOf('\u001d');
      return {
        commit: parseCommit(record.slice(0, end)),
        names: parseNames(record.slice(end + 1).split('\0')),
      };
    });
}

/** One commit by its sha. */
export async function readCommit(path: string, sha: string): Promise<CommitFacts> {
  const [commit] = await listCommits(path, { include: sha, limit: 1 });
  if (commit === undefined) throw new Error(`commit ${sha} is not in ${path}`);
  return commit;
}

/** Best common ancestor, or undefined where two histories have nothing in common. */
export async function mergeBase(path: string, one: string, other: string): Promise<string | undefined> {
  const { exitCode, stdout } = await runGit(['-C', path, 'merge-base', one, other], {
    expectedExitCodes: [1],
  });
  return exitCode === 0 ? stdout.trim() : undefined;
}

/** How many commits one has that another lacks. */
export async function countCommits(path: string, base: string, head: string): Promise<number> {
  const { stdout } = await runGit(['-C', path, 'rev-list', '--count', head, `^${base}`]);
  return Number(stdout);
}

/** How many commits each of two has that the other lacks. */
export async function countApart(
  path: string,
  base: string,
  head: string,
): Promise<{ behind: number; ahead: number }> {
  const { stdout } = await runGit(['-C', path, 'rev-list', '--left-right', '--count', `${base}...${head}`]);
  const [behind = 0, ahead = 0] = stdout.trim().split(/\s+/).map(Number);
  return { behind, ahead };
}
