import { runGit } from './run-git.ts';

export interface NewCommit {
  /** Full name of the ref that will point at the commit. */
  ref: string;
  message: string;
  author: { name: string; email: string };
  /** Seconds since 1970. */
  dateSeconds: number;
  parentSha: string | undefined;
  /** Path to content; `null` deletes the file. */
  files: Record<string, string | null>;
}

/** git's quoting for paths in a fast-import stream. */
function quotePath(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

function fileCommand([path, content]: [string, string | null]): string {
  if (content === null) return `D ${quotePath(path)}\n`;
  const mode = content.startsWith('#!') ? '100755' : '100644';
  return `M ${mode} inline ${quotePath(path)}\n${data(content)}`;
}

/** Writes one commit into a bare repository by `git fast-import` (one process, no work tree); returns its sha. */
export async function writeCommit(path: string, commit: NewCommit): Promise<string> {
  const who = `${commit.author.name} <${commit.author.email}> ${commit.dateSeconds} +0000`;
  const stream = [
    `reset ${commit.ref}\n`,
    `commit ${commit.ref}\n`,
    'mark :1\n',
    `author ${who}\ncommitter ${who}\n`,
    data(commit.message),
    commit.parentSha === undefined ? '' : `from ${commit.parentSha}\n`,
    ...Object.entries(commit.files).map(fileCommand),
    '\nget-mark :1\ndone\n',
  ].join('');
  const { stdout } = await runGit(
    ['-C', path, 'fast-import', '--quiet', '--force', '--done', '--cat-blob-fd=1'],
    { input: stream },
  );
  return stdout.trim();
}

export interface MergeCommit {
  baseSha: string;
  headSha: string;
  message: string;
  dateSeconds: number;
}

/**
 * The merge of two commits as an object without a ref: its sha, `'conflict'`, or `'unknown'` where this git
 * (before 2.38) cannot merge without a work tree.
 */
export async function writeMergeCommit(
  path: string,
  merge: MergeCommit,
): Promise<{ sha: string } | 'conflict' | 'unknown'> {
  const tree = await runGit(['-C', path, 'merge-tree', '--write-tree', merge.baseSha, merge.headSha], {
    // 1: conflict; 128: no history in common; 129: option not known.
    expectedExitCodes: [1, 128, 129],
  });
  if (tree.exitCode === 129) return 'unknown';
  if (tree.exitCode !== 0) return 'conflict';
  const treeSha = tree.stdout.slice(0, 40);
  const date = `${merge.dateSeconds} +0000`;
  const env = {
    GIT_AUTHOR_NAME: 'GitHub',
    GIT_AUTHOR_EMAIL: 'noreply@github.com',
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: 'GitHub',
    GIT_COMMITTER_EMAIL: 'noreply@github.com',
    GIT_COMMITTER_DATE: date,
  };
  const { stdout } = await runGit(
    ['-C', path, 'commit-tree', '-p', merge.baseSha, '-p', merge.headSha, '-m', merge.message, treeSha],
    { env },
  );
  return { sha: stdout.trim() };
}
