import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { nodeFlags } from '../../src/node-command.ts';
import { emptyDatabase } from '../helpers/database.ts';
import { runGit } from '../helpers/repository.ts';
import { startFile, TINY_CONFIG, tinyFiles } from '../helpers/whole-loop.ts';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const BIN = join('node_modules', 'perf-ci', 'bin', 'perf-ci.js');

let folder: string;
/** A user's repository with perf-ci in its node_modules. */
let project: string;

/** What npm would put into the package. */
async function packedFiles(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: PACKAGE,
    env: { PATH: process.env['PATH'], HOME: folder, npm_config_update_notifier: 'false' },
    maxBuffer: 16 * 2 ** 20,
  });
  const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[];
  return packed?.files.map((file) => file.path) ?? [];
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perf-ci-installed-'));
  project = join(folder, 'project');
  const installed = join(project, 'node_modules', 'perf-ci');
  for (const path of await packedFiles()) {
    await mkdir(dirname(join(installed, path)), { recursive: true });
    await cp(join(PACKAGE, path), join(installed, path));
  }
  // Its dependencies are found on the way up, as hoisted ones are.
  await symlink(join(PACKAGE, 'node_modules'), join(folder, 'node_modules'));

  const commit = async (files: Record<string, string>): Promise<void> => {
    for (const [path, text] of Object.entries(files)) await writeFile(join(project, path), text);
    runGit(project, ['add', '--all']);
    runGit(project, ['commit', '--quiet', '--message', 'change']);
  };
  runGit(project, ['init', '--quiet', '--template=', '--initial-branch=main']);
  // A decision ends the measuring long before this budget; a busy machine may need it.
  const config = TINY_CONFIG.replace('budget: 10s', 'budget: 60s');
  await commit({ ...(await tinyFiles()), 'perf-ci.yml': config, '.gitignore': 'node_modules/\n' });
  runGit(project, ['switch', '--quiet', '--create', 'slower']);
  await commit({ 'start.mjs': startFile({ BURN: '1500' }) });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('an installed copy', () => {
  it('measures by its own runner, without a warning', { timeout: 120_000 }, async () => {
    const args = [BIN, 'compare', 'main', 'HEAD'];
    const env = { PATH: process.env['PATH'], HOME: folder };
    const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, args, { cwd: project, env }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });

    expect(ended.stderr).not.toMatch(/warning|experimental/i);
    expect(ended.stdout).toMatch(/^✖ Slower: CPU \/ request/);
    expect(ended.stdout).not.toContain('\u001b');
    expect(ended.code).toBe(1);
  });

  it('starts web, reporter and worker', { timeout: 120_000 }, async () => {
    const database = await emptyDatabase();
    const keyFile = join(folder, 'app.pem');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(keyFile, privateKey.export({ type: 'pkcs1', format: 'pem' }));
    const up = spawn(process.execPath, [BIN, 'up'], {
      cwd: project,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        PORT: String(await freePort()),
        DATABASE_URL: database.connectionString,
        GITHUB_APP_ID: '1',
        GITHUB_PRIVATE_KEY_FILE: keyFile,
        GITHUB_WEBHOOK_SECRET: 'a-secret-of-this-test',
        GITHUB_API_URL: 'http://127.0.0.1:9',
        PERF_CI_DATA_DIR: join(folder, 'data'),
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [up.stdout, up.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    const ended = new Promise((resolve) => up.once('exit', resolve));

    const isListening = (): boolean => output.includes('perf-ci listens on');
    const giveUpMs = performance.now() + 40_000;
    while (!isListening() && up.exitCode === null && performance.now() < giveUpMs) await sleep(50);
    up.kill('SIGTERM');

    expect([output, await ended]).toEqual([expect.stringContaining('perf-ci listens on'), 0]);
    expect(output).not.toMatch(/warning|experimental/i);
    await database.drop();
  });
});

describe('the flags of Node', () => {
  it.each([
    ['/srv/perf-ci/', []],
    ['/srv/my_node_modules/perf-ci/', []],
    [
      '/srv/a b/node_modules/perf-ci/',
      [
        '--disable-warning=ExperimentalWarning',
        '--import',
        'file:///srv/a%20b/node_modules/perf-ci/bin/strip-types.js',
      ],
    ],
  ])('at %s are %j', (root, flags) => {
    expect(nodeFlags(pathToFileURL(root))).toEqual(flags);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
