import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';

import { ServiceGroup } from '../../../src/measure/accounts/cgroup.ts';
import { cpuSourcesHere } from '../../../src/measure/accounts/cpu-sources.ts';
import { type CommandCall, CommandFailure, execute } from '../../../src/measure/command/execute.ts';
import { parseReady, parseWaiterEnd, waiterCommand } from '../../../src/measure/command/waiter.ts';
import { WaitingShell } from '../../../src/measure/command/waiting-shell.ts';
import { findOnPath } from '../../../src/processes/wrap-command.ts';

const folder = mkdtempSync(`${tmpdir()}/perf-ci-execute-`);
afterAll(() => rmSync(folder, { recursive: true }));

function call(command: string[], changes: Partial<CommandCall> = {}): CommandCall {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };
  return { command, cwd: folder, env, cpus: undefined, timeoutMs: 10_000, ...changes };
}

const COUNT = 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done';
const { place } = cpuSourcesHere();
const ways = [
  ...(place === undefined ? [] : [{ source: 'cgroup', sources: { place } }]),
  { source: findOnPath('bash') === undefined ? 'ticks' : 'rusage', sources: {} },
];

describe.each(ways)('a command measured by $source', ({ source, sources }) => {
  it('gives what it and a child that it waited for used and wrote', async () => {
    const script = `sh -c '${COUNT}'; head -c 3000000 /dev/zero >out.bin; echo "rows: 12"`;
    const found = await execute(call(['sh', '-c', script], { watch: ['rows: '] }), sources);

    expect(found.cpuSource).toBe(source);
    expect(found.cpuUs).toBeGreaterThan(20_000);
    // Another process may take the CPU, so wall time is longer; shorter is only possible on two.
    expect(found.wallMs * 1000).toBeGreaterThan(found.cpuUs / 2);
    expect(found.bytesWritten).toBe(3_000_000 + 'rows: 12\n'.length);
    expect(found.memoryPeakBytes).toBeGreaterThan(300_000);
    expect(found.printed.last('rows: ')).toBe(12);
  });

  it.each([
    ['a status', 'echo no such table >&2; exit 3', 'expected the command to end with status 0, found 3'],
    ['a signal', 'echo no such table; kill -9 $$', 'found 137 (as of signal 9)'],
  ])('fails by %s, with what it said', async (_, script, message) => {
    const failure = await execute(call(['sh', '-c', script]), sources).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(CommandFailure);
    expect((failure as CommandFailure).failure).toMatchObject({ kind: 'exited' });
    expect((failure as CommandFailure).failure.message).toContain(message);
    expect((failure as CommandFailure).failure.outputTail).toContain('no such table');
  });

  it('fails when it runs out of time, and nothing of it runs on', async () => {
    const script = `(setsid sleep 31.4159 &); sleep 31.4159`;
    const failure = await execute(call(['sh', '-c', script], { timeoutMs: 300 }), sources).catch(
      (error: unknown) => error,
    );

    expect((failure as CommandFailure).failure).toMatchObject({
      kind: 'timeout',
      message: 'expected the command to end within 300 ms, it was still running',
    });
    const { stdout } = spawn('ps', ['-eo', 'args'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let all = '';
    for await (const text of stdout) all += String(text);
    expect(all).not.toContain('sleep 31.4159');
  });
});

describe('a command', () => {
  it('is measured without a group where its shell may not join one', async () => {
    const remove = vi.fn(() => Promise.resolve(true));
    const group = {
      joinFile: `${folder}/no/cgroup.procs`,
      members: () => [],
      usage: () => undefined,
      remove,
    };
    const make = vi.spyOn(ServiceGroup, 'make').mockReturnValueOnce(group as unknown as ServiceGroup);
    const sources = { place: { version: 2 as const, folder } };
    const { printed, cpuSource } = await execute(
      call(['sh', '-c', 'echo x >>once; echo "runs: $(wc -l <once)"'], { watch: ['runs:'] }),
      sources,
    );
    make.mockRestore();

    expect(printed.last('runs:')).toBe(1);
    expect(cpuSource).not.toBe('cgroup');
    expect(remove).toHaveBeenCalledOnce();
  });

  it('cannot say that it has ended', async () => {
    const lie = 'for f in /proc/$PPID/fd/3 /proc/self/fd/3; do echo "end 0" >$f; done; echo "end 0" >&3';
    const { wallMs } = await execute(call(['sh', '-c', `(${lie}) 2>/dev/null; sleep 0.3; true`]));
    expect(wallMs).toBeGreaterThanOrEqual(300);
  });

  it.each(['bash', 'sh'])('does not get the word by which %s says that it has ended', async (shell) => {
    const argv = waiterCommand({ path: findOnPath(shell) ?? '/bin/sh', isBash: shell === 'bash' }, '', [
      '/bin/sh',
      '-c',
      'env; tr "\\0" " " </proc/$PPID/cmdline',
    ]);
    let output = '';
    // An environment that exports whatever the shell sets.
    const env = { perf_ci_word: 'mine', SHELLOPTS: 'allexport' };
    const waiting = new WaitingShell({
      argv,
      cwd: folder,
      env,
      cpus: undefined,
      onOutput: (_, chunk) => (output += chunk.toString('utf8')),
    });
    await waiting.hear(parseReady, 5000);
    waiting.goOn('secret');
    const end = await waiting.hear((said) => parseWaiterEnd(said, 'secret'), 5000);
    await waiting.stop();

    expect(end?.status).toBe(0);
    expect(output).toContain('perf-ci');
    expect(output).not.toContain('secret');
  });

  it('is never a word of the shell that waits for it', async () => {
    const failure = await execute(call(['exit', '0'])).catch((error: unknown) => error);
    expect((failure as CommandFailure).failure.message).toBe(
      'expected a program that can be started, found "exit"',
    );

    // `true` is both: as a program it is a process, whose start takes CPU time.
    expect((await execute(call(['true']))).wallMs).toBeGreaterThan(0);
  });

  it('gets no descriptor but its own three, and its arguments as they are', async () => {
    const script = 'ls /proc/self/fd | wc -l; for a in "$@"; do echo "arg: $a"; done';
    const args = ['a b', "it's", '$HOME', '*', '3'];
    const { printed } = await execute(call(['sh', '-c', script, 'sh', ...args], { watch: ['arg:', ''] }));
    expect(printed.last('arg:')).toBe(3);

    const sockets = 'for f in /proc/$$/fd/[345]; do readlink $f; done | grep -c socket; true';
    const listed = await execute(
      call(['sh', '-c', `echo "sockets: $(${sockets})"`], { watch: ['sockets:'] }),
    );
    expect(listed.printed.last('sockets:')).toBe(0);
  });

  it.skipIf(place === undefined)('leaves no control group', () => {
    const left = readdirSync(place?.folder ?? '').filter((name) =>
      name.startsWith(`perf-ci-${process.pid}-`),
    );
    expect(left).toEqual([]);
  });

  it('ends with its runner, also when that is killed', async () => {
    const module = new URL('../../../src/measure/command/execute.ts', import.meta.url).href;
    const command = ['sh', '-c', 'echo $$ >started; sleep 20; true'];
    const script = `const { execute } = await import(${JSON.stringify(module)}); await execute(${JSON.stringify(call(command))});`;
    const runner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    while (!readdirSync(folder).includes('started')) await sleep(20);
    runner.kill('SIGKILL');
    await once(runner, 'exit');

    const pid = readFileSync(`${folder}/started`, 'utf8').trim();
    const state = (): string => {
      if (!existsSync(`/proc/${pid}/status`)) return 'gone';
      return /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 'gone';
    };
    // Dead, whether or not somebody has waited for it.
    await expect.poll(state, { timeout: 5000 }).toMatch(/gone|Z/);
  });
});
