import { copyFile, mkdir, realpath, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { clip, PerfCiError } from '../domain/errors.ts';
import { git, gitText, type GitLimits, type ObjectStore } from './git.ts';
import { hasCode } from './git-errors.ts';
import { isObjectName } from './object-names.ts';

/** A repository on this machine, as its user has it; it is only read. */
export interface LocalRepository {
  /** Root of the work tree; undefined for a bare repository. */
  root: string | undefined;
  /** Its own git directory: revisions are looked up there. */
  gitDir: string;
  /** Where its commits are read from: a scratch repository that borrows the user's objects. */
  store: ObjectStore;
  /** Whether its history was cut off (`git clone --depth`). */
  shallow: boolean;
  /** What the work tree has and no commit: not measured. */
  uncommitted: { changed: number; untracked: number };
}

export interface OpenLocalOptions extends GitLimits {
  /** Any folder in the work tree, or a bare repository. */
  path: string;
  /** An empty or new folder for the scratch repository; the caller removes it. */
  scratchDir: string;
}

// The user asked for this repository by name, and its code is going to be run: whose files they are is no matter.
const TRUSTED = { 'safe.directory': '*' };

/**
 * Opens the repository around `path` without writing into it. Commits are then read through a scratch repository over
 * its objects, so that none of its own settings (filters, attributes, hooks) plays a part.
 * @throws PerfCiError `not-a-repository`, `unsupported-object-format` (usage).
 */
export async function openLocalRepository(options: OpenLocalOptions): Promise<LocalRepository> {
  const path = resolve(options.path);
  const limits = { timeoutMs: options.timeoutMs, signal: options.signal };
  const gitDir = await findGitDir(path, limits);
  const call = { gitDir, cwd: path, config: TRUSTED, ...limits };
  const [bare, shallow, format] = (
    await gitText(
      ['rev-parse', '--is-bare-repository', '--is-shallow-repository', '--show-object-format'],
      call,
    )
  ).split('\n');
  if (format !== 'sha1') {
    throw new PerfCiError(
      'unsupported-object-format',
      `expected SHA-1 object names, found ${clip(format ?? '')}`,
      {
        blame: 'usage',
        remedy: 'repositories with SHA-256 object names are not supported',
      },
    );
  }
  const root =
    bare === 'true' ? undefined : await gitText(['rev-parse', '--show-toplevel'], inside(path, limits));
  return {
    root,
    gitDir,
    store: await borrowObjects(gitDir, resolve(options.scratchDir), shallow === 'true', limits),
    shallow: shallow === 'true',
    uncommitted:
      root === undefined ? { changed: 0, untracked: 0 } : await countUncommitted(gitDir, root, limits),
  };
}

/**
 * The commit that `revision` means in the user's repository: a branch, a tag, `HEAD~2`, an id. Never read as an option.
 * @throws PerfCiError `unknown-revision` (usage).
 */
export async function resolveRevision(
  repository: Pick<LocalRepository, 'gitDir' | 'shallow'>,
  revision: string,
  limits: GitLimits = {},
): Promise<string> {
  const unknown = (cause?: unknown): PerfCiError =>
    new PerfCiError('unknown-revision', `expected a branch, tag or commit, found "${clip(revision)}"`, {
      blame: 'usage',
      remedy: repository.shallow
        ? 'this clone is shallow: fetch the rest with `git fetch --unshallow`, or name a commit that it has'
        : 'see `git branch --all`; a branch that is only on the server is called origin/<name>',
      cause,
    });
  if (revision === '' || revision.includes('\0')) throw unknown();
  try {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
    const sha = await gitText(args, { gitDir: repository.gitDir, ...limits });
    if (isObjectName(sha)) return sha;
  } catch (error) {
    if (hasCode(error, 'aborted', 'git-timeout', 'git-missing')) throw error;
    throw unknown(error);
  }
  throw unknown();
}

async function findGitDir(path: string, limits: GitLimits): Promise<string> {
  try {
    return await gitText(['rev-parse', '--absolute-git-dir'], inside(path, limits));
  } catch (cause) {
    if (hasCode(cause, 'aborted', 'git-timeout')) throw cause;
    throw new PerfCiError('not-a-repository', `expected a git repository at ${clip(path)}, found none`, {
      blame: 'usage',
      remedy: 'run it inside a git repository',
      cause,
    });
  }
}

function inside(
  path: string,
  limits: GitLimits,
): { cwd: string; config: Record<string, string> } & GitLimits {
  return { cwd: path, config: TRUSTED, ...limits };
}

/** A bare repository that has no object of its own and reads the user's (gitrepository-layout(5), alternates). */
async function borrowObjects(
  gitDir: string,
  scratchDir: string,
  shallow: boolean,
  limits: GitLimits,
): Promise<ObjectStore> {
  const commonDir = await realpath(
    resolve(gitDir, await gitText(['rev-parse', '--git-common-dir'], { gitDir, cwd: gitDir, ...limits })),
  );
  const objects = join(commonDir, 'objects');
  if (objects.includes('\n')) {
    throw new PerfCiError('not-a-repository', `expected a path without line breaks, found ${clip(objects)}`, {
      blame: 'usage',
      remedy: 'move the repository',
    });
  }
  await mkdir(scratchDir, { recursive: true });
  await git(['init', '--quiet', '--bare', '--template=', '--object-format=sha1', scratchDir], {
    config: { 'init.defaultBranch': 'main' },
    ...limits,
  });
  await mkdir(join(scratchDir, 'objects', 'info'), { recursive: true });
  await writeFile(join(scratchDir, 'objects', 'info', 'alternates'), `${objects}\n`);
  // Without it git would look for the parents that a shallow clone does not have.
  if (shallow) await copyFile(join(commonDir, 'shallow'), join(scratchDir, 'shallow'));
  return { gitDir: scratchDir };
}

async function countUncommitted(
  gitDir: string,
  root: string,
  limits: GitLimits,
): Promise<{ changed: number; untracked: number }> {
  const args = [
    'status',
    '--porcelain=v1',
    '-z',
    '--no-renames',
    '--untracked-files=normal',
    '--ignore-submodules=all',
  ];
  const call = { gitDir, workTree: root, cwd: root, onOverflow: 'cut' as const, ...limits };
  const { stdout } = await git(args, call);
  const records = stdout.toString('utf8').split('\0').slice(0, -1);
  const untracked = records.filter((record) => record.startsWith('??')).length;
  return { changed: records.length - untracked, untracked };
}
