/** `perf-ci`: arguments to commands. Each command's code is loaded when it is called, so that --help is quick. */
import { Command, CommanderError, Option } from 'commander';

import { SETTINGS } from '../config.ts';
import { PerfCiError } from '../domain/errors.ts';
import { describeError, EXIT, exitCodeOf } from './exit-code.ts';
import { VERSION } from '../version.ts';

const EXIT_CODES = `
Exit codes: 0 no regression · 1 regression · 2 no verdict · 3 usage or configuration error`;

const DEMO_HELP = `
Starts a GitHub double, a private Postgres, web, reporter and worker, pushes a neutral change and one that costs about
5 % more CPU, and prints both comments: two to four minutes on two quiet CPUs, given up after ten. It reads no setting
but LOG_LEVEL, needs no network and leaves nothing behind. The last line says how long each phase took.

Exit codes: 0 both verdicts as expected · 1 another verdict · 2 no verdict in time, or interrupted · 3 usage error`;

const SELFTEST_HELP = `
Exit codes: 0 no false alarm, and every planted 3 % of CPU and more was found · 1 otherwise · 2 nothing was measured ·
3 usage or configuration error`;

const REJUDGE_HELP = `
Prints a line for each verdict that changed. Old verdicts stay, comments and checks at GitHub are not touched, and what
was judged by the present analysis before is passed over. Works on the database of perf-ci up (DATABASE_URL).

Exit codes: 0 nothing newly regressed · 1 a gating metric regressed that had not · 2 a run could not be judged · 3 usage
error`;

function settingsHelp(): string {
  const width = Math.max(...SETTINGS.map((setting) => setting.name.length));
  const lines = SETTINGS.map(({ name, meaning, default: standard }) => {
    return `  ${name.padEnd(width)}  ${meaning}${standard === undefined ? '' : ` (default: ${standard})`}`;
  });
  return `\nSettings, read from the environment:\n${lines.join('\n')}`;
}

const program = new Command('perf-ci')
  .description('Measures a pull request side by side with its base and says whether the service got slower.')
  .version(VERSION)
  .showSuggestionAfterError()
  .showHelpAfterError('(perf-ci --help tells the commands)')
  .addHelpText('after', EXIT_CODES)
  .exitOverride();

program
  .command('up')
  .description('start everything on this machine: database, web, reporter, worker')
  .addHelpText('after', settingsHelp())
  .action(async () => leaveWith(await (await import('./up.ts')).runUp()));

for (const [role, description] of [
  ['web', 'start the webhook door and the pages alone'],
  ['worker', 'start one worker: it checks out, builds, measures and judges one run at a time'],
  ['reporter', 'start the process that talks to GitHub: intake, comments, checks, fetch tokens'],
] as const) {
  program
    .command(role)
    .description(description)
    .addHelpText('after', settingsHelp())
    .action(async () => leaveWith(await (await import('./run-role.ts')).runRole(role)));
}

program
  .command('compare')
  .description('measure the merge base of two commits against the second; no server, no database')
  .argument('<base>', 'branch, tag or commit to compare with, such as main')
  .argument('[head]', 'what to measure', 'HEAD')
  .addOption(new Option('--json', 'print the result as JSON').conflicts('markdown'))
  .option('--markdown', 'print the result as the comment would show it')
  .option('--config <file>', "configuration file to use instead of the base commit's perf-ci.yml")
  .option('--scenario <name...>', 'only these scenarios')
  .option('--seed <number>', 'seed of all coins (default: random, printed)')
  .option('--repo <folder>', 'git repository', '.')
  .option('--trials <file>', 'write every pair there as a JSON line, as perf-ci judge reads them')
  .option('--profiles <folder>', 'write CPU profiles of a confirmed slowdown there, for speedscope or Chrome')
  .addHelpText('after', EXIT_CODES)
  .action(async (base: string, head: string, options: Record<string, unknown>) =>
    leaveWith(await (await import('./compare.ts')).runCompare(base, head, options)),
  );

program
  .command('judge')
  .description(
    'judge recorded trials: JSON lines on stdin, verdicts as JSON lines on stdout (docs/statistics.md)',
  )
  .option('--threshold <percent>', 'largest increase that still passes', '3')
  .option('--gate <metric=limit...>', 'what gates in recorded trials, instead of CPU time per request')
  .addHelpText('after', EXIT_CODES)
  .action(async (options: { threshold: string; gate?: string[] }) =>
    leaveWith(await (await import('./judge.ts')).runJudge(options)),
  );

program
  .command('selftest')
  .description(
    'compare a commit with itself, some jobs with a known regression planted; says how many are found',
  )
  .option('--ref <commit>', 'what to measure', 'HEAD')
  .option(
    '--plants <list>',
    'what to plant: cpu:PERCENT, stall, leak, slow-start:MS',
    'cpu:2,cpu:3,cpu:5,stall',
  )
  .option(
    '--jobs <number>',
    'jobs, half of them with nothing planted (default: 20, or as many as --hours allow)',
  )
  .option('--hours <number>', 'start no job after so many hours')
  .option('--scenario <name>', 'scenario to measure (default: the first that gates on CPU)')
  .option('--config <file>', "configuration file to use instead of the commit's perf-ci.yml")
  .option('--seed <number>', 'seed of all coins (default: random, printed)')
  .option('--repo <folder>', 'git repository', '.')
  .option('--json', 'print the findings as JSON')
  .addHelpText('after', SELFTEST_HELP)
  .action(async (options: { ref: string; plants: string; [name: string]: unknown }) =>
    leaveWith(await (await import('./selftest.ts')).runSelftest(options)),
  );

program
  .command('rejudge')
  .description('judge the stored pairs of past runs by the present analysis, beside what was said then')
  .option('--run <id>', 'only this run')
  .option('--since <date>', 'only runs created at or after this moment, such as 2026-05-01')
  .option('--dry-run', 'store nothing, only say what would change')
  .addHelpText('after', REJUDGE_HELP)
  .action(async (options: { run?: string; since?: string; dryRun?: boolean }) =>
    leaveWith(await (await import('./rejudge.ts')).runRejudge(options)),
  );

program
  .command('control')
  .description(
    'how good this installation is: what its control runs found on the same code and on planted slowdowns',
  )
  .option(
    '--forget <owner/name>',
    'forget the control runs of a repository, once what they blocked is mended',
  )
  .addHelpText(
    'after',
    '\nExit code: 0 fine, 1 alarms of a metric are blocked, 2 no control run has ended yet, 3 wrong call.\n',
  )
  .action(async (options: { forget?: string }) =>
    leaveWith(await (await import('./control.ts')).runControl(options)),
  );

const config = program.command('config').description('look at a perf-ci.yml');
config
  .command('check')
  .description(
    'say what is wrong with a perf-ci.yml: file, line, column, what was expected, nearest known key',
  )
  .argument('[file]', 'file to check', 'perf-ci.yml')
  .action(async (file: string) => leaveWith(await (await import('./config-check.ts')).runConfigCheck(file)));
config
  .command('schema')
  .description('print the JSON Schema of perf-ci.yml')
  .action(async () => leaveWith((await import('./config-check.ts')).printSchema()));
config
  .command('example')
  .description('print a commented perf-ci.yml to start from')
  .action(async () => leaveWith((await import('./config-check.ts')).printExample()));

program
  .command('migrate')
  .description('bring the database to the newest schema; safe when several start at once')
  .addHelpText('after', settingsHelp())
  .action(async () => leaveWith(await (await import('./migrate.ts')).runMigrate()));

program
  .command('receive')
  .description('send a saved webhook payload, signed with GITHUB_WEBHOOK_SECRET, to a running perf-ci')
  .argument('<file>', 'JSON file with the payload')
  .requiredOption('--event <name>', 'event name, such as pull_request')
  .option('--delivery <uuid>', 'delivery id (default: a new one)')
  .option('--url <address>', 'address of the web process (default: http://HOST:PORT)')
  .action(async (file: string, options: { event: string; delivery?: string; url?: string }) =>
    leaveWith(await (await import('./receive.ts')).runReceive(file, options)),
  );

program
  .command('doctor')
  .description('say what this machine can measure and what is missing, each with what to do')
  .option('--json', 'print the findings as JSON')
  .addHelpText('after', settingsHelp())
  .action(async (options: { json?: boolean }) =>
    leaveWith(await (await import('./doctor.ts')).runDoctor(options)),
  );

program
  .command('fsck')
  .description('check the promises that the database must keep; prints each that is broken')
  .action(async () => leaveWith(await (await import('./fsck.ts')).runFsck()));

program
  .command('demo')
  .description('the whole loop on this machine: two pull requests against a GitHub double, two comments')
  .option('--keep', 'leave everything running afterwards, until Ctrl-C')
  .option('--seed <number>', 'seed of the double (default: random, printed)')
  .addHelpText('after', DEMO_HELP)
  .action(async (options: { keep?: boolean; seed?: string }) =>
    leaveWith(await (await import('./demo/demo.ts')).runDemo(options)),
  );

function leaveWith(code: number): void {
  process.exitCode = code;
}

/** A reader that went away (`perf-ci judge | head`) is no failure of ours. */
function endQuietlyOnBrokenPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(process.exitCode ?? 0);
  });
}

endQuietlyOnBrokenPipe();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version leave by this door too, with code 0; commander has printed the message.
    leaveWith(error.exitCode === 0 ? EXIT.pass : EXIT.usage);
  } else {
    process.stderr.write(`${describeError(error)}\n`);
    leaveWith(error instanceof PerfCiError ? exitCodeOf(error) : EXIT.noVerdict);
  }
}
