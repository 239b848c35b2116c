import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { displayCommand, runBuild, type BuildFailure, type BuildRequest } from '../../src/checkout/build.ts';
import { findProcesses } from '../../src/processes/end-process-tree.ts';
import { temporaryFolder } from './fixtures.ts';

let folder: { path: string; remove(): Promise<void> };

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

function request(commands: string[][], more: Partial<BuildRequest> = {}): BuildRequest {
  return { tree: folder.path, directory: '', commands, env: {}, timeoutMs: 20_000, ...more };
}

const node = (script: string): string[] => ['node', '-e', script];
const inFolder = (name: string): string => join(folder.path, name);

/** A dead process that nobody has waited for does not run. */
function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) throw new RangeError(`no pid: ${pid}`);
  if (!existsSync(`/proc/${pid}`)) return false;
  return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

describe('runBuild', () => {
  it('runs the commands one after the other and keeps what they print', async () => {
    const commands = [
      ['sh', '-c', 'echo one; echo two >&2'],
      node('require("fs").writeFileSync("out", "built")'),
    ];

    const result = await runBuild(request(commands));

    expect(result.state).toBe('built');
    expect(result.log.content).toMatch(
      /^\$ sh -c "echo one; echo two >&2"\n(one\ntwo|two\none)\n\$ node -e /,
    );
    expect(await readFile(inFolder('out'), 'utf8')).toBe('built');
  });

  it('has nothing to do without commands', async () => {
    expect(await runBuild(request([]))).toMatchObject({
      state: 'built',
      log: { content: '', truncated: false },
    });
  });

  it('shows the commands an environment of its own and closed input', async () => {
    process.env['PERF_CI_CANARY'] = 'canary';
    const script = `const fs = require('fs');
      const { PERF_CI_COMMAND, ...env } = process.env;
      env.homeIsEmpty = fs.readdirSync(env.HOME).length === 0 && fs.readdirSync(env.TMPDIR).length === 0;
      fs.writeFileSync('env.json', JSON.stringify({ env, input: fs.readFileSync(0, 'utf8') }));`;

    await runBuild(request([node(script)], { env: { MODE: 'fast', HOME: '/root' } }));
    delete process.env['PERF_CI_CANARY'];

    const seen = JSON.parse(await readFile(inFolder('env.json'), 'utf8')) as {
      env: Record<string, string>;
      input: string;
    };
    expect(Object.keys(seen.env).sort()).toEqual([
      'CI',
      'HOME',
      'LANG',
      'MODE',
      'PATH',
      'TMPDIR',
      'homeIsEmpty',
    ]);
    expect(seen.env).toMatchObject({ CI: '1', LANG: 'C.UTF-8', MODE: 'fast', homeIsEmpty: true });
    expect(seen.input).toBe('');
    expect(existsSync(seen.env['HOME'] ?? '/')).toBe(false);
  });

  it('works in the folder of the service', async () => {
    await mkdir(inFolder('services/ranking'), { recursive: true });

    await runBuild(request([['touch', 'here']], { directory: 'services/ranking' }));

    expect(existsSync(inFolder('services/ranking/here'))).toBe(true);
  });

  it('passes arguments as they are, through no shell', async () => {
    const argument = '$(touch owned); `touch owned` & "x" \'y\' *';

    const result = await runBuild(request([['printf', '%s', argument]]));

    expect(result.log.content).toContain(`\n${argument}`);
    expect(existsSync(inFolder('owned'))).toBe(false);
  });

  it('names the command that failed, its exit code and its last lines', async () => {
    const script = 'for (let i = 1; i <= 30; i += 1) console.log("line " + i); process.exitCode = 7';
    const commands = [['true'], node(script), ['touch', 'later']];

    const result = (await runBuild(request(commands))) as BuildFailure;

    expect(result).toMatchObject({ state: 'failed', reason: 'exit', exitCode: 7 });
    expect(result.message).toContain(displayCommand(node(script)));
    const lines = result.logTail.split('\n');
    expect(lines).toHaveLength(20);
    expect(lines[0]).toBe('line 12');
    expect(lines.at(-1)).toContain('exit with 0, found 7');
    expect(existsSync(inFolder('later'))).toBe(false);
  });

  it('names the signal that ended a command', async () => {
    const result = await runBuild(request([['sh', '-c', 'kill -KILL $$']]));

    expect(result).toMatchObject({ state: 'failed', reason: 'exit' });
    expect((result as BuildFailure).message).toContain('found signal SIGKILL');
  });

  it.each([
    ['a missing program', [['no-such-program', '--x']], ''],
    ['a file that is not executable', [['./plain']], ''],
    ['a missing folder', [['true']], 'nowhere'],
    ['a folder that is a file', [['true']], 'plain'],
    ['a NUL in an argument', [['echo', 'a\0b']], ''],
  ])('says that it could not start: %s', async (_what, commands, directory) => {
    await writeFile(inFolder('plain'), 'x');

    const result = await runBuild(request(commands, { directory }));

    expect(result).toMatchObject({ state: 'failed', reason: 'spawn' });
  });

  it('leaves the repository for no folder', async () => {
    await expect(runBuild(request([['true']], { directory: '../x' }))).rejects.toMatchObject({
      code: 'bad-path',
    });
  });

  it('keeps head and tail of an output of 50 MB', async () => {
    const script = `process.stdout.write('first line\\n');
      const block = ('x'.repeat(99) + '\\n').repeat(10_000);
      for (let i = 0; i < 50; i += 1) process.stdout.write(block);
      process.stdout.write('last line\\n');`;

    const result = await runBuild(request([node(script)], { logLimitBytes: 1_000_000 }));

    expect(result.state).toBe('built');
    expect(result.log.truncated).toBe(true);
    expect(result.log.content.length).toBeLessThan(1_000_200);
    expect(result.log.content).toContain('first line\n');
    expect(result.log.content).toMatch(/\[perf-ci\] 49\d{6} bytes left out here/);
    expect(result.log.content.endsWith('last line\n')).toBe(true);
  });
});

describe('runBuild and what it started', () => {
  /** Notes its pid in `<name>`, ignores SIGTERM, and stays. */
  const stubborn = (name: string): string => `trap '' TERM; echo $$ > ${name}; while :; do sleep 1; done`;
  const pidIn = async (name: string): Promise<number> => Number(await readFile(inFolder(name), 'utf8'));

  it('ends an endless build with its whole tree, also what left its group and parent', async () => {
    const script = [
      `sh -c "${stubborn('child').replaceAll('$$', '\\$\\$')}" &`,
      `setsid sh -c "${stubborn('session').replaceAll('$$', '\\$\\$')}" &`,
      `(setsid sh -c "${stubborn('daemon').replaceAll('$$', '\\$\\$')}" &)`,
      stubborn('parent'),
    ].join('\n');

    const result = await runBuild(request([['sh', '-c', script]], { timeoutMs: 1_000, killGraceMs: 100 }));

    expect(result).toMatchObject({ state: 'failed', reason: 'timeout' });
    expect((result as BuildFailure).message).toContain('within 1000 ms');
    for (const name of ['parent', 'child', 'session', 'daemon'])
      expect(isRunning(await pidIn(name))).toBe(false);
  });

  it('lets a build that is told to stop clean up first', async () => {
    const script = "trap 'echo cleaned up; exit 0' TERM; echo ready; while :; do sleep 0.05; done";

    const result = await runBuild(request([['sh', '-c', script]], { timeoutMs: 700, killGraceMs: 5_000 }));

    expect(result).toMatchObject({ state: 'failed', reason: 'timeout' });
    expect(result.log.content).toContain('cleaned up');
  });

  it('leaves no daemon behind when a build succeeds', async () => {
    const script =
      '(setsid sh -c "echo \\$\\$ > daemon; sleep 300" &) ; while [ ! -s daemon ]; do sleep 0.01; done';

    const result = await runBuild(request([['sh', '-c', script]]));

    expect(result.state).toBe('built');
    expect(isRunning(await pidIn('daemon'))).toBe(false);
  });

  it('stops at once when its caller says so, with nothing left', async () => {
    const controller = new AbortController();
    const build = runBuild(
      request([['sh', '-c', stubborn('parent')]], { signal: controller.signal, killGraceMs: 50 }),
    );
    while (!existsSync(inFolder('parent'))) await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort();

    await expect(build).rejects.toMatchObject({ code: 'aborted' });
    expect(isRunning(await pidIn('parent'))).toBe(false);
  });

  it('shares its time among the commands', async () => {
    const commands = [
      ['sleep', '0.1'],
      ['sleep', '60'],
    ];

    const result = await runBuild(request(commands, { timeoutMs: 800, killGraceMs: 50 }));

    expect(result).toMatchObject({ state: 'failed', reason: 'timeout', command: 'sleep 60' });
  });
});

describe('findProcesses', () => {
  it('finds nothing for a marker that nobody carries', () => {
    expect(findProcesses({ pid: 2 ** 22 + 1, marker: 'PERF_CI_COMMAND=nobody' })).toEqual([]);
  });
});
