import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A file as text, or something that is not a plain file. */
export type FileSpec = string | { link: string } | { script: string };

const ENVIRONMENT = {
  PATH: process.env['PATH'],
  HOME: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
};

/** Runs git in `cwd` as a user would, and answers its output. */
export function runGit(cwd: string, args: readonly string[], input?: string | Buffer): string {
  const output = execFileSync('git', args, { cwd, env: ENVIRONMENT, input, stdio: ['pipe', 'pipe', 'pipe'] });
  return output.toString('utf8').trimEnd();
}

/** A real git repository with a work tree in a temporary folder. */
export interface TestRepository {
  path: string;
  git(...args: string[]): string;
  /** Writes files into the work tree without a commit. */
  write(files: Record<string, FileSpec>): void;
  /** Writes the files, commits everything, answers the commit's id. */
  commit(files: Record<string, FileSpec>, message?: string): string;
  /** Makes a branch at a commit (default: here) and switches to it. */
  branch(name: string, at?: string): void;
  /** Commits a tree entry that no work tree could hold, for example a submodule; answers the commit's id. */
  commitEntry(mode: string, sha: string, path: string): string;
  remove(): void;
}

/** A repository on branch `main` with one commit of `files`. */
export function makeRepository(files: Record<string, FileSpec> = { 'README.md': 'hello\n' }): TestRepository {
  const path = mkdtempSync(join(tmpdir(), 'perf-ci-test-repository-'));
  const git = (...args: string[]): string => runGit(path, args);
  const write = (toWrite: Record<string, FileSpec>): void => {
    for (const [name, spec] of Object.entries(toWrite)) writeSpec(join(path, name), spec);
  };
  const commit = (toWrite: Record<string, FileSpec>, message = 'change'): string => {
    write(toWrite);
    git('add', '--all', '--force');
    git('commit', '--quiet', '--allow-empty', '--message', message);
    return git('rev-parse', 'HEAD');
  };
  // Without the sample hooks there is less to copy and to remove.
  git('init', '--quiet', '--template=', '--initial-branch=main');
  commit(files, 'first');
  return {
    path,
    git,
    write,
    commit,
    branch: (name, at = 'HEAD') => void git('switch', '--quiet', '--create', name, at),
    commitEntry: (mode, sha, entryPath) => {
      git('update-index', '--add', '--cacheinfo', `${mode},${sha},${entryPath}`);
      git('commit', '--quiet', '--message', 'entry');
      return git('rev-parse', 'HEAD');
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

function writeSpec(path: string, spec: FileSpec): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { recursive: true, force: true });
  if (typeof spec === 'string') return writeFileSync(path, spec);
  if ('link' in spec) return symlinkSync(spec.link, path);
  writeFileSync(path, spec.script);
  chmodSync(path, 0o755);
}
