import { runGit } from './run-git.ts';

export interface FileChange {
  filename: string;
  previousFilename?: string;
  status: 'added' | 'removed' | 'modified' | 'renamed';
  /** Blob after the change; for a removed file the one before. */
  sha: string;
  additions: number;
  deletions: number;
  /** Undefined for binary files and for renames without a change. */
  patch?: string;
}

/** The tree that has nothing in it; a root commit is compared with it. */
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

const STATUS: Record<string, FileChange['status']> = { A: 'added', D: 'removed', R: 'renamed' };

interface RawChange {
  filename: string;
  previousFilename?: string;
  status: FileChange['status'];
  sha: string;
}

/** Reads `git diff --raw -z`: `:modes shas STATUS\0path\0[path\0]`. */
function parseRaw(fields: string[]): RawChange[] {
  const changes: RawChange[] = [];
  for (let at = 0; at < fields.length;) {
    const head = fields[at++] ?? '';
    if (!head.startsWith(':')) continue;
    const [, , before = '', after = '', code = 'M'] = head.split(' ');
    const status = STATUS[code.slice(0, 1)] ?? 'modified';
    const first = fields[at++] ?? '';
    if (status === 'renamed') {
      changes.push({ filename: fields[at++] ?? '', previousFilename: first, status, sha: after });
    } else {
      changes.push({ filename: first, status, sha: status === 'removed' ? before : after });
    }
  }
  return changes;
}

/** Hunks of one file out of a patch section, with what they add and remove. */
function parseSection(section: string): { patch?: string; additions: number; deletions: number } {
  const start = section.indexOf('\n@@');
  if (start < 0) return { additions: 0, deletions: 0 };
  const patch = section.slice(start + 1).trimEnd();
  const lines = patch.split('\n');
  return {
    patch,
    additions: lines.filter((line) => line.startsWith('+')).length,
    deletions: lines.filter((line) => line.startsWith('-')).length,
  };
}

// Where `--raw -z` ends and the patch begins; no path can hold a NUL.
const PATCH_START = '\0\0diff --git ';

async function diff(
  path: string,
  commits: string[],
  expectedExitCodes: number[],
): Promise<FileChange[] | undefined> {
  const { stdout, exitCode } = await runGit(
    ['-C', path, 'diff', '-M', '--no-color', '--abbrev=40', '--raw', '-p', '-z', ...commits, '--'],
    { expectedExitCodes },
  );
  if (exitCode !== 0) return undefined;
  const end = stdout.indexOf(PATCH_START);
  const raw = end < 0 ? stdout : stdout.slice(0, end);
  const sections = end < 0 ? [] : stdout.slice(end + PATCH_START.length).split(/^diff --git /m);
  return parseRaw(raw.split('\0')).map((change, at) => ({
    ...change,
    ...parseSection(sections[at] ?? ''),
  }));
}

/** Files that differ between two trees or commits, in git's order, as GitHub lists them. */
export async function listChanges(path: string, before: string, after: string): Promise<FileChange[]> {
  return (await diff(path, [before, after], [])) ?? [];
}

/** Files that differ between the merge base of two commits and the second; undefined where there is no merge base. */
export function listChangesSinceFork(
  path: string,
  base: string,
  head: string,
): Promise<FileChange[] | undefined> {
  return diff(path, [`${base}...${head}`], [128]);
}
