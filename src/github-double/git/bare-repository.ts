import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runGit } from './run-git.ts';

/** Other repositories of the fork network are kept here: their commits resolve, but no client sees the refs. */
export const NETWORK_REFS = 'refs/__network';

// As on GitHub: any sha can be fetched, partial clones work, and nobody pushes to refs/pull.
const CONFIG = `
[uploadpack]
	allowTipSHA1InWant = true
	allowReachableSHA1InWant = true
	allowAnySHA1InWant = true
	allowFilter = true
	hideRefs = ${NETWORK_REFS}
[receive]
	hideRefs = refs/pull
	hideRefs = ${NETWORK_REFS}
	denyDeleteCurrent = refuse
	autogc = false
[http]
	receivepack = true
[gc]
	auto = 0
[core]
	logAllRefUpdates = false
`;

/** Makes an empty bare repository below a folder and returns its path. */
export async function createBareRepository(
  folder: string,
  repositoryId: number,
  defaultBranch: string,
): Promise<string> {
  const path = join(folder, `${repositoryId}.git`);
  await mkdir(path, { recursive: true });
  await runGit(['init', '--quiet', '--bare', '--template=', `--initial-branch=${defaultBranch}`, path]);
  await appendFile(join(path, 'config'), CONFIG);
  return path;
}

/** Branches and tags with the object each points at. */
export async function readRefs(path: string): Promise<Map<string, string>> {
  const { stdout } = await runGit([
    '-C',
    path,
    'for-each-ref',
    '--format=%(objectname) %(refname)',
    'refs/heads',
    'refs/tags',
  ]);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))]));
}

/** Copies the branches of one repository into another under hidden refs, so that its commits resolve there. */
export async function shareNetwork(from: { path: string; id: number }, to: string): Promise<void> {
  await runGit([
    '-C',
    to,
    'fetch',
    '--quiet',
    '--no-tags',
    '--prune',
    from.path,
    `+refs/heads/*:${NETWORK_REFS}/${from.id}/*`,
  ]);
}

/** Points refs at commits, or removes those given without one. */
export async function setRefs(path: string, refs: Record<string, string | undefined>): Promise<void> {
  const input = Object.entries(refs)
    .map(([ref, sha]) => (sha === undefined ? `delete ${ref}\n` : `update ${ref} ${sha}\n`))
    .join('');
  await runGit(['-C', path, 'update-ref', '--stdin'], { input });
}
