import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';

import { FLAME_GRAPHS_PATH, profilePath } from '../../src/pages/flame-graphs.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server.ts';

const RUN_ID = '7b0cf5a1-9d6e-4f1c-8a53-0d8f5e1c2b3a';
const nothing = (): void => undefined;

let running: RunningServer | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function serve(changes: Partial<ServerOptions> = {}): Promise<string> {
  running = await startServer({
    host: '127.0.0.1',
    port: 0,
    webhook: { secrets: ['a secret of some length'], store: () => Promise.resolve('stored') },
    pendingMigrations: () => Promise.resolve([]),
    readRun: () => Promise.resolve(undefined),
    readProfile: (runId, scenario, name) =>
      Promise.resolve(
        runId === RUN_ID && scenario === 'a b/c?' && name === 'head'
          ? { scenario, name, format: 'speedscope', gzip: gzipSync('{"profiles":[]}') }
          : undefined,
      ),
    showRuns: true,
    log: { info: nothing, warn: nothing, error: nothing },
    ...changes,
  });
  return running.url;
}

describe('profiles over HTTP', () => {
  it('are found by any scenario name and unpacked by every client', async () => {
    const url = await serve();

    const answer = await fetch(`${url}${profilePath(RUN_ID, 'a b/c?', 'head')}`);

    expect(await answer.json()).toEqual({ profiles: [] });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/) as string,
      'content-encoding': 'gzip',
      'content-disposition': 'attachment; filename="a-b-c-head.speedscope.json"',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=600',
    });
    const plain = await fetch(`${url}${profilePath(RUN_ID, 'a b/c?', 'head')}`, {
      headers: { 'accept-encoding': 'identity' },
    });
    expect([plain.headers.get('content-encoding'), await plain.json()]).toEqual([null, { profiles: [] }]);
  });

  it.each([
    ['another name', `/runs/${RUN_ID}/profiles/a/base`],
    ['a name that is none', `/runs/${RUN_ID}/profiles/a%20b%2Fc%3F/__proto__`],
    ['a run that is no UUID', '/runs/1/profiles/a%20b%2Fc%3F/head'],
    ['a path that does not decode', `/runs/${RUN_ID}/profiles/%zz/head`],
  ])('are not there under %s', async (_what, path) => {
    const answer = await fetch(`${await serve()}${path}`);

    expect([answer.status, await answer.json()]).toMatchObject([404, { error: { code: 'not-found' } }]);
  });

  it('are shown only where runs are shown', async () => {
    const url = await serve({ showRuns: false });

    const answers = await Promise.all(
      [profilePath(RUN_ID, 'a b/c?', 'head'), FLAME_GRAPHS_PATH].map((path) => fetch(`${url}${path}`)),
    );

    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
  });
});

describe('speedscope', () => {
  it('is served by us, with every file that its page names, under a policy without other hosts', async () => {
    const url = await serve();

    const page = await fetch(`${url}${FLAME_GRAPHS_PATH}`);
    const text = await page.text();

    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(files.length).toBeGreaterThan(2);
    for (const path of files) {
      expect(path).not.toMatch(/^https?:|^\/\//);
      const answer = await fetch(new URL(path, `${url}${FLAME_GRAPHS_PATH}`));
      await answer.arrayBuffer();
      expect([path, answer.status, answer.headers.get('x-content-type-options')]).toEqual([
        path,
        200,
        'nosniff',
      ]);
    }
  });

  it.each(['..%2f..%2fpackage.json', '../package.json', '.git/config', 'nothing.js'])(
    'has nothing at %s',
    async (path) => {
      const answer = await fetch(`${await serve()}${FLAME_GRAPHS_PATH}${path}`);

      expect([403, 404]).toContain(answer.status);
    },
  );
});
