import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readFileOfCommit } from '../../src/checkout/blob.ts';
import { branchRef } from '../../src/checkout/object-names.ts';
import { discardMirror, updateMirror, withMirror, type MirrorTarget } from '../../src/checkout/mirror.ts';
import { rootTreeOf } from '../../src/checkout/tree.ts';
import {
  commitOfTree,
  filesThatHold,
  isInSomeArgumentList,
  makeRepository,
  publish,
  runGit,
  temporaryFolder,
  treeEntry,
  type TestRepository,
} from './fixtures.ts';
import { startGitServer, type GitServer, type GitServerOptions } from './git-server.ts';
import { HOSTILE_BRANCHES } from './hostile-names.ts';

const TOKEN = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a';

let folder: { path: string; remove(): Promise<void> };
let repository: TestRepository;
let first: string;
const servers: GitServer[] = [];

beforeAll(() => {
  repository = makeRepository({ 'README.md': 'hello\n' });
  first = repository.git('rev-parse', 'HEAD');
});
afterAll(() => repository.remove());
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await folder.remove();
});

async function serve(
  options: Partial<GitServerOptions> = {},
): Promise<{ server: GitServer; target: MirrorTarget; bare: string }> {
  const root = join(folder.path, 'server');
  await mkdir(root, { recursive: true });
  const bare = publish(repository, root);
  const server = await startGitServer({ root, ...options });
  servers.push(server);
  const address = { cloneBaseUrl: server.baseUrl, repoFullName: 'acme/ranking' };
  return { server, bare, target: { dataDir: join(folder.path, 'data'), repoId: '42', address } };
}

function createBranches(bare: string, names: readonly string[]): void {
  const tip = repository.git('rev-parse', 'HEAD');
  runGit(
    bare,
    ['update-ref', '-z', '--stdin'],
    names.map((name) => `create refs/heads/${name}\0${tip}\0`).join(''),
  );
}

/** Turns the packs of a git directory into single files, so that one can be lost. */
async function unpack(gitDir: string): Promise<void> {
  const packs = join(gitDir, 'objects/pack');
  for (const name of await readdir(packs)) {
    await rename(join(packs, name), join(folder.path, name));
    if (name.endsWith('.pack'))
      runGit(gitDir, ['unpack-objects', '-q'], await readFile(join(folder.path, name)));
  }
}

describe('updateMirror', () => {
  it('fetches commits by their ids, and asks the server no second time', async () => {
    const second = repository.commit({ 'a.txt': 'a' });
    const { server, target } = await serve();

    const cold = await updateMirror(target, [{ sha: first }, { sha: second }]);
    const asked = server.requests.length;
    const warm = await updateMirror(target, [{ sha: second }]);

    expect(cold).toMatchObject({ fetched: 2, remade: false });
    expect(warm).toMatchObject({ fetched: 0, remade: false });
    expect(server.requests).toHaveLength(asked);
    expect(await rootTreeOf(cold.store, second)).toBe(repository.git('rev-parse', 'HEAD^{tree}'));
  });

  it('fetches only what is new', async () => {
    const { target, bare } = await serve();
    await updateMirror(target, [{ sha: first }]);
    const second = repository.commit({ 'a.txt': 'a' });
    repository.git('push', '--quiet', bare, 'HEAD:refs/pull/7/head');

    const update = await updateMirror(target, [{ sha: first }, { sha: second, pullNumber: 7 }]);

    expect(update.fetched).toBe(1);
  });

  it('finds the head of a pull request by its number where the server gives no ids', async () => {
    const { target, bare } = await serve({ onlyAdvertised: true });
    const head = repository.commit({ 'a.txt': 'a' });
    const newer = repository.commit({ 'a.txt': 'b' });
    repository.git('push', '--quiet', bare, `${newer}:refs/pull/7/head`);

    const update = await updateMirror(target, [{ sha: head, pullNumber: 7 }]);

    expect(await rootTreeOf(update.store, head)).toBe(repository.git('rev-parse', `${head}^{tree}`));
  });

  it('handles hostile branch names as names', async () => {
    const dangerous = HOSTILE_BRANCHES.filter((name) => /^-|^\+|touch|\$|`|;/.test(name)).filter(
      (_, index) => index % 2 === 0,
    );
    // Below the tip, so an old server gives them by their branch only.
    const shas = dangerous.map((_, index) => repository.commit({ 'a.txt': String(index) }));
    repository.commit({ 'a.txt': 'tip' });
    const { target, bare } = await serve({ onlyAdvertised: true });
    createBranches(bare, dangerous);

    const update = await updateMirror(
      target,
      dangerous.map((branch, index) => ({ sha: shas[index] ?? '', branch })),
    );

    expect(update.fetched).toBe(dangerous.length);
    expect(await readdir(folder.path)).toEqual(['data', 'server']);
    expect(existsSync('/tmp/perf-ci-owned')).toBe(false);
  });

  it('names every hostile branch so that git fetches that one', async () => {
    const { bare } = await serve();
    createBranches(bare, HOSTILE_BRANCHES);
    const refspecs = HOSTILE_BRANCHES.map((name, index) => `+${branchRef(name)}:refs/copied/${index}`);

    repository.git('fetch', '--quiet', '--no-tags', '--end-of-options', bare, ...refspecs);

    const copied = repository.git('for-each-ref', '--format=%(objectname)', 'refs/copied').split('\n');
    const tip = repository.git('rev-parse', 'HEAD');
    expect(copied).toEqual(HOSTILE_BRANCHES.map(() => tip));
  });

  it('says that a force-pushed head is no longer reachable', async () => {
    const { target } = await serve();
    const gone = 'f'.repeat(40);

    for (const wanted of [{ sha: gone }, { sha: gone, pullNumber: 9, branch: 'main' }]) {
      await expect(updateMirror(target, [{ sha: first }, wanted])).rejects.toMatchObject({
        code: 'commit-unreachable',
        retryable: false,
        message: expect.stringContaining(gone) as string,
      });
    }
  });

  it('takes no tree or tag for a commit', async () => {
    repository.git('tag', '--annotate', '--message', 'x', 'v1');
    const tag = repository.git('rev-parse', 'v1');
    const { target } = await serve();

    await expect(updateMirror(target, [{ sha: tag }])).rejects.toMatchObject({ code: 'commit-unreachable' });
  });

  it('refuses malformed objects', async () => {
    const blob = repository.git('rev-parse', 'HEAD:README.md');
    const evil = commitOfTree(repository, treeEntry('100644', '.git', blob));
    repository.git('branch', 'evil', evil);
    const { target } = await serve();

    await expect(updateMirror(target, [{ sha: evil }])).rejects.toMatchObject({ code: 'objects-refused' });
  });

  it('refuses identifiers that are none before anything runs', async () => {
    const { target, server } = await serve();

    await expect(updateMirror({ ...target, repoId: '../x' }, [{ sha: first }])).rejects.toMatchObject({
      code: 'bad-repository-id',
    });
    await expect(updateMirror(target, [{ sha: '--upload-pack=id' }])).rejects.toMatchObject({
      code: 'bad-object-name',
    });
    expect(server.requests).toEqual([]);
  });
});

describe('updateMirror and the token', () => {
  it('shows it to the server and nowhere else', async () => {
    const seen: boolean[] = [];
    const { server, target } = await serve({
      token: TOKEN,
      onRequest: () => seen.push(isInSomeArgumentList(TOKEN)),
    });

    await updateMirror({ ...target, token: TOKEN }, [{ sha: first }]);

    expect(server.requests.every(({ authorization }) => authorization?.startsWith('Basic '))).toBe(true);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).not.toContain(true);
    const encoded = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
    for (const secret of [TOKEN, encoded]) expect(filesThatHold(target.dataDir, secret)).toEqual([]);
  });

  it.each([
    [{ token: TOKEN }, 'access-denied', false],
    [{ failWith: { status: 403 } }, 'access-denied', false],
    [{ failWith: { status: 404 } }, 'repository-not-found', false],
    [{ failWith: { status: 503 } }, 'repository-unreachable', true],
  ] as const)(
    'answers %j with %s (retryable %s) and keeps the token out of the error',
    async (options, code, retryable) => {
      const { target } = await serve(options);
      const token = `${TOKEN}-of-somebody-else`;

      const error = (await updateMirror({ ...target, token }, [{ sha: first }]).catch(
        (caught: unknown) => caught,
      )) as Error;

      expect(error).toMatchObject({ code, retryable });
      expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(TOKEN);
    },
  );

  it('follows no redirect', async () => {
    const elsewhere = await serve();
    const location = `${elsewhere.server.baseUrl}/acme/ranking.git/info/refs?service=git-upload-pack`;
    const server = await startGitServer({
      root: '/nonexistent',
      failWith: { status: 301, headers: { location } },
    });
    servers.push(server);
    const address = { ...elsewhere.target.address, cloneBaseUrl: server.baseUrl };

    await expect(
      updateMirror({ ...elsewhere.target, address, token: TOKEN }, [{ sha: first }]),
    ).rejects.toMatchObject({
      code: 'repository-moved',
    });
    expect(elsewhere.server.requests).toEqual([]);
  });

  it('says that the server is unreachable, to be tried again', async () => {
    const { target, server } = await serve();
    await server.close();

    await expect(updateMirror(target, [{ sha: first }])).rejects.toMatchObject({
      code: 'repository-unreachable',
      retryable: true,
    });
  });
});

describe('a damaged mirror', () => {
  const damages: [string, (gitDir: string) => Promise<void>][] = [
    ['without HEAD', (gitDir) => rm(join(gitDir, 'HEAD'))],
    ['with a broken setting', (gitDir) => writeFile(join(gitDir, 'config'), '[broken')],
    ['with an empty ref', (gitDir) => truncate(join(gitDir, 'refs/perf-ci/commits', first))],
    ['without its objects', (gitDir) => rm(join(gitDir, 'objects'), { recursive: true })],
  ];

  it.each(damages)('%s is made anew', async (_what, damage) => {
    const { target } = await serve();
    const { store } = await updateMirror(target, [{ sha: first }]);
    const second = repository.commit({ 'b.txt': 'b' });
    repository.git('push', '--quiet', join(folder.path, 'server/acme/ranking.git'), 'HEAD:refs/heads/newer');
    await damage(store.gitDir);

    const update = await updateMirror(target, [{ sha: first }, { sha: second }]);

    expect(await rootTreeOf(update.store, second)).toBe(repository.git('rev-parse', `${second}^{tree}`));
    expect(await rootTreeOf(update.store, first)).toBe(repository.git('rev-parse', `${first}^{tree}`));
    expect(await readdir(join(target.dataDir, 'mirrors'))).toEqual(['42.git']);
  });

  it('whose damage shows only while reading is made anew, and the work runs again', async () => {
    const { target } = await serve();
    const { store } = await updateMirror(target, [{ sha: first }]);
    const tree = await rootTreeOf(store, first);
    await unpack(store.gitDir);
    await rm(join(store.gitDir, 'objects', tree.slice(0, 2), tree.slice(2)));
    let runs = 0;

    const listing = await withMirror(target, [{ sha: first }], async (mirror) => {
      runs += 1;
      return readFileOfCommit(mirror, first, 'README.md');
    });

    expect(listing?.bytes.toString()).toBe('hello\n');
    expect(runs).toBe(2);
  });

  it('is kept when the server cannot be reached for a new one', async () => {
    const { target, server } = await serve();
    const { store } = await updateMirror(target, [{ sha: first }]);
    await writeFile(join(store.gitDir, 'config'), '[broken');
    await server.close();

    await expect(updateMirror(target, [{ sha: first }])).rejects.toMatchObject({
      code: 'repository-unreachable',
    });
    expect(await readdir(join(target.dataDir, 'mirrors'))).toEqual(['42.git']);
  });
});

describe('a mirror in use', () => {
  it('serves several tasks at once', async () => {
    const shas = [1, 2, 3, 4].map((number) => repository.commit({ 'n.txt': String(number) }));
    const { target } = await serve();

    const updates = await Promise.all(shas.map((sha) => updateMirror(target, [{ sha }])));

    expect(updates.reduce((sum, update) => sum + update.fetched, 0)).toBe(4);
    expect(updates.every((update) => !update.remade)).toBe(true);
  });

  it('can be thrown away', async () => {
    const { target } = await serve();
    await updateMirror(target, [{ sha: first }]);

    await discardMirror(target);

    expect(await readdir(join(target.dataDir, 'mirrors'))).toEqual([]);
  });
});
