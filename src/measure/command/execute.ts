import { randomUUID } from 'node:crypto';

import { clip } from '../../domain/errors.ts';
import type { CpuSource, TrialFailure } from '../../domain/trial.ts';
import { canStart, findOnPath } from '../../processes/wrap-command.ts';
import { ServiceGroup } from '../accounts/cgroup.ts';
import { type CpuSources, cpuSourcesHere } from '../accounts/cpu-sources.ts';
import { PrintedNumbers } from '../accounts/printed.ts';
import { processTree } from '../accounts/process-tree.ts';
import { OutputTail } from '../output-tail.ts';
import { type Account, accountBetween, readAccount } from './account.ts';
import { watchPeakMemory } from './peak.ts';
import { isRefused, parseReady, parseWaiterEnd, waiterCommand } from './waiter.ts';
import { WaitingShell } from './waiting-shell.ts';

const READY_TIMEOUT_MS = 10_000;

export interface CommandCall {
  command: readonly string[];
  cwd: string;
  /** The whole environment. */
  env: Readonly<Record<string, string>>;
  /** CPU list for taskset; undefined: not pinned. */
  cpus: string | undefined;
  timeoutMs: number;
  /** Texts before numbers that it prints. */
  watch?: readonly string[];
}

/** One run of a command from start to end. */
export interface Execution {
  wallMs: number;
  cpuUs: number;
  cpuSource: CpuSource;
  memoryPeakBytes: number;
  /** Undefined where the kernel keeps no account of it. */
  bytesWritten?: number;
  printed: PrintedNumbers;
}

/** Why a command gave no figures. */
export class CommandFailure extends Error {
  readonly failure: TrialFailure;

  constructor(failure: TrialFailure) {
    super(failure.message);
    this.name = 'CommandFailure';
    this.failure = failure;
  }
}

/** Bash only where nothing better counts, and by its full path: what PATH the project gives is the command's affair. */
function chooseShell(hasGroup: boolean): { path: string; isBash: boolean } {
  const bash = hasGroup ? undefined : findOnPath('bash');
  return bash === undefined
    ? { path: findOnPath('sh') ?? '/bin/sh', isBash: false }
    : { path: bash, isBash: true };
}

/**
 * Runs a command once, as a fresh process, and reads what it and everything that it waited for used. With a control group
 * also what it did not wait for. When it has ended nothing that it started runs on.
 * @throws CommandFailure when it cannot be started, ends with another status than 0, or runs out of time
 */
export async function execute(
  call: CommandCall,
  sources: Pick<CpuSources, 'place'> = cpuSourcesHere(),
): Promise<Execution> {
  const [program = '', ...args] = call.command;
  const path = call.env['PATH'] ?? '';
  // By its full path, or the shell would take `time` or `test` for its own words.
  const file = program.includes('/') ? program : findOnPath(program, path);
  if (file === undefined || !canStart(program, path, call.cwd)) {
    const message = `expected a program that can be started, found ${clip(JSON.stringify(program))}`;
    throw new CommandFailure({ kind: 'exited', message, outputTail: '' });
  }
  const argv = [file, ...args];
  const group = sources.place === undefined ? undefined : ServiceGroup.make(sources.place);
  // Where a group may be made, joining it may still be refused.
  const execution =
    (group === undefined ? undefined : await executeIn(group, argv, call)) ??
    (await executeIn(undefined, argv, call));
  if (execution === undefined) throw new Error('a shell was refused a group that it was not to join');
  return execution;
}

/** One run in `group`; undefined when the shell that waits for the command may not join it, and nothing was started. */
async function executeIn(
  group: ServiceGroup | undefined,
  argv: readonly string[],
  call: CommandCall,
): Promise<Execution | undefined> {
  const printed = new PrintedNumbers(call.watch ?? []);
  const streams = { stdout: printed.stream(), stderr: printed.stream() };
  const output = new OutputTail();
  const shell = new WaitingShell({
    argv: waiterCommand(chooseShell(group !== undefined), group?.joinFile ?? '', argv),
    cwd: call.cwd,
    env: call.env,
    cpus: call.cpus,
    onOutput: (stream, chunk) => {
      streams[stream].write(chunk);
      output.add(chunk.toString('utf8'));
    },
  });
  let measured: Omit<Execution, 'printed'> | TrialFailure | undefined;
  try {
    measured = await measure(shell, group, call);
  } finally {
    await shell.stop();
    await group?.remove();
  }
  streams.stdout.end();
  streams.stderr.end();
  if (measured === undefined) return undefined;
  if ('wallMs' in measured) return { ...measured, printed };
  throw new CommandFailure({ ...measured, outputTail: output.lines });
}

/** Undefined when the shell may not join the group. */
async function measure(
  shell: WaitingShell,
  group: ServiceGroup | undefined,
  call: CommandCall,
): Promise<Omit<Execution, 'printed'> | TrialFailure | undefined> {
  const guard = await shell.hear(
    (said) => (isRefused(said) ? 'refused' : parseReady(said)),
    READY_TIMEOUT_MS,
  );
  if (guard === 'refused') return undefined;
  if (guard === undefined) throw new Error('the shell that waits for a command did not get ready');
  const helpers = [shell.pid, guard];
  const before: Account = readAccount(shell.pid, helpers, group);
  const endPeak = watchPeakMemory(() =>
    (group?.members() ?? processTree(shell.pid)).filter((pid) => !helpers.includes(pid)),
  );
  const startedMs = performance.now();
  const word = randomUUID();
  shell.goOn(word);
  const end = await shell.hear((said) => parseWaiterEnd(said, word), call.timeoutMs);
  const wallMs = performance.now() - startedMs;
  const memoryPeakBytes = endPeak();
  if (end === undefined) {
    return {
      kind: shell.isGone ? 'exited' : 'timeout',
      message: shell.isGone
        ? 'the command ended the shell that waited for it'
        : `expected the command to end within ${call.timeoutMs} ms, it was still running`,
      outputTail: '',
    };
  }
  const after = readAccount(shell.pid, helpers, group);
  shell.goOn();
  if (end.status !== 0) {
    const how = end.status > 128 ? `${end.status} (as of signal ${end.status - 128})` : String(end.status);
    return {
      kind: 'exited',
      message: `expected the command to end with status 0, found ${how}`,
      outputTail: '',
    };
  }
  return { wallMs, memoryPeakBytes, ...accountBetween(before, after, end) };
}
