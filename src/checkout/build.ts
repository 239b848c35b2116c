import { mkdir, mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { clip } from '../domain/errors.ts';
import { runCommand, type CommandEnding } from './command.ts';
import { LogBuffer, type CommandLog } from './log-buffer.ts';
import { requireRepositoryPath } from './object-names.ts';
import { lastLines } from './plain-text.ts';
import { removeTree } from './remove-tree.ts';
import { searchPath } from './search-path.ts';

export interface BuildRequest {
  /** Root of the exported tree. */
  tree: string;
  /** Where the commands run, relative to the root; '' is the root. */
  directory: string;
  /** Argument lists, run one after the other. */
  commands: readonly (readonly string[])[];
  /** Variables of the service, from perf-ci.yml. */
  env: Record<string, string>;
  /** For all commands together. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Between SIGTERM and SIGKILL at the end of the time; default 2 s. */
  killGraceMs?: number | undefined;
  /** Size of the kept log; default 10 MiB. */
  logLimitBytes?: number | undefined;
}

/** Why a build gave nothing. */
export interface BuildFailure {
  state: 'failed';
  /** `exit`: a command ended badly; `timeout`: the time was over; `spawn`: a command could not be started. */
  reason: 'exit' | 'timeout' | 'spawn';
  /** The command as a person would type it, cut short. */
  command: string;
  /** Only when the command exited by itself. */
  exitCode?: number;
  /** What was expected and what was found, naming the command. */
  message: string;
  log: CommandLog;
  /** The last 20 lines of the log. */
  logTail: string;
}

export type BuildResult = { state: 'built'; log: CommandLog; wallMs: number } | BuildFailure;

/**
 * Runs the build commands in an exported tree. They see an empty environment but PATH (with this Node first), a HOME
 * and TMPDIR of their own that vanish afterwards, LANG, CI and the variables of the service; stdin is closed; nothing
 * they start outlives them. Without commands there is nothing to do, and the tree counts as built.
 * @throws PerfCiError `aborted`, `bad-path`.
 */
export async function runBuild(request: BuildRequest): Promise<BuildResult> {
  const startedAt = performance.now();
  const log = new LogBuffer(request.logLimitBytes);
  const cwd = join(request.tree, requireRepositoryPath(request.directory));
  const isFolder = (await stat(cwd).catch(() => undefined))?.isDirectory() ?? false;
  if (!isFolder) return missingFolder(request, log);
  const scratch = await mkdtemp(join(tmpdir(), 'perf-ci-build-'));
  try {
    const env = await buildEnvironment(scratch, request.env);
    for (const argv of request.commands) {
      log.append(`$ ${displayCommand(argv)}\n`);
      const remainingMs = Math.max(1, request.timeoutMs - (performance.now() - startedAt));
      const { signal, killGraceMs } = request;
      const ending = await runCommand(argv, { cwd, env, log, timeoutMs: remainingMs, signal, killGraceMs });
      if (ending.state !== 'exited' || ending.exitCode !== 0) return failure(argv, ending, request, log);
    }
    return { state: 'built', log: log.read(), wallMs: performance.now() - startedAt };
  } finally {
    await removeTree(scratch);
  }
}

/** The command as a person would type it; words that a shell would not take as they are stand in quotes. */
export function displayCommand(argv: readonly string[]): string {
  return clip(
    argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' '),
    200,
  );
}

async function buildEnvironment(
  scratch: string,
  service: Record<string, string>,
): Promise<Record<string, string>> {
  const [home, temporary] = [join(scratch, 'home'), join(scratch, 'tmp')];
  await mkdir(home);
  await mkdir(temporary);
  return {
    ...service,
    // The Node that will run the service also builds it.
    PATH: [dirname(process.execPath), searchPath()].join(delimiter),
    HOME: home,
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    CI: '1',
  };
}

function failure(
  argv: readonly string[],
  ending: CommandEnding,
  request: BuildRequest,
  log: LogBuffer,
): BuildFailure {
  const command = displayCommand(argv);
  switch (ending.state) {
    case 'exited': {
      const { exitCode } = ending;
      const message = `expected \`${command}\` to exit with 0, found ${exitCode}`;
      return { ...failed('exit', command, message, log), exitCode };
    }
    case 'killed':
      return failed(
        'exit',
        command,
        `expected \`${command}\` to exit with 0, found signal ${ending.signalName}`,
        log,
      );
    case 'timeout': {
      const message = `expected the build to end within ${request.timeoutMs} ms, \`${command}\` was still running`;
      return failed('timeout', command, message, log);
    }
    case 'not-started':
      return failed(
        'spawn',
        command,
        `expected \`${command}\` to start, found: ${clip(ending.message, 200)}`,
        log,
      );
  }
}

function missingFolder(request: BuildRequest, log: LogBuffer): BuildFailure {
  const command = displayCommand(request.commands[0] ?? []);
  const message = `expected the folder ${clip(request.directory)} in the repository, found none`;
  return failed('spawn', command, message, log);
}

function failed(
  reason: BuildFailure['reason'],
  command: string,
  message: string,
  log: LogBuffer,
): BuildFailure {
  log.append(`[perf-ci] ${message}\n`);
  const kept = log.read();
  return { state: 'failed', reason, command, message, log: kept, logTail: lastLines(kept.content) };
}
