import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { JudgedLine } from '../../src/analyse/judge-lines.ts';
import { wantsColor } from '../../src/cli/color.ts';
import { describeResult, exitCodeOfResult } from '../../src/cli/describe-result.ts';
import type { RunResult } from '../../src/domain/run.ts';
import { makeRepository, type TestRepository } from '../helpers/repository.ts';
import { startFile, TINY_CONFIG, tinyFiles } from '../helpers/whole-loop.ts';
import { type Ended, perfCi } from './helpers.ts';

// Measuring waits for whatever else measures on this machine.
const MEASURING = { timeout: 180_000 };

/** A decision ends the measuring long before this budget; a busy machine may need it. */
const PATIENT_CONFIG = TINY_CONFIG.replace('budget: 10s', 'budget: 60s');

let folder: string;
let repository: TestRepository;

/** `perf-ci compare` in the repository, by a user with a cache of his own. */
function compare(...args: string[]): Promise<Ended> {
  // No look at the machine: what it found widens margins, and a file of trials does not say so.
  return perfCi(['compare', ...args], {
    cwd: repository.path,
    env: { XDG_CACHE_HOME: folder, PERF_CI_PREFLIGHT: 'off' },
  });
}

/** A branch from `from` with one commit on it. */
function propose(branch: string, files: Record<string, string>, from = 'main'): void {
  repository.branch(branch, from);
  repository.commit(files);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'perf-ci-compare-test-'));
  repository = makeRepository({ ...(await tinyFiles()), 'perf-ci.yml': PATIENT_CONFIG });
  propose('slower', { 'start.mjs': startFile({ BURN: '1500' }) });
  propose('does-not-start', { 'start.mjs': startFile({ BEHAVIOUR: 'exit' }) });
  propose('documents', { 'README.md': 'a service, described\n' });
  propose('bad-config', { 'perf-ci.yml': PATIENT_CONFIG.replace('start:', 'strat:') });
  propose('bad-config-and-more', { 'start.mjs': startFile() }, 'bad-config');
  repository.branch('no-config', 'main');
  repository.git('rm', '--quiet', 'perf-ci.yml');
  repository.git('commit', '--quiet', '--message', 'no config');
  propose('no-config-and-more', { 'start.mjs': startFile() }, 'no-config');
  repository.git('switch', '--quiet', '--orphan', 'stranger');
  repository.commit(await tinyFiles());
  repository.git('switch', '--quiet', 'main');
});
afterAll(() => {
  repository.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('a head that burns three times the CPU', () => {
  let json: Ended;
  let result: Extract<RunResult, { kind: 'judged' }>;
  let trials: string;
  beforeAll(async () => {
    repository.write({ 'tiny.mjs': '// changed and not committed\n', 'new.txt': 'not even added\n' });
    trials = join(folder, 'trials.jsonl');
    json = await compare('main', 'slower', '--json', '--seed', '7', '--trials', trials);
    repository.git('checkout', '--quiet', '--', 'tiny.mjs');
    result = JSON.parse(json.stdout) as typeof result;
  }, MEASURING.timeout);

  it('is a regression with exit code 1, and stdout is nothing but its JSON', () => {
    expect(json.code).toBe(1);
    expect(result).toMatchObject({ kind: 'judged', gate: 'fail', seed: 7 });
    expect(result.verdicts).toContainEqual(
      expect.objectContaining({ scenario: 'tiny', metric: 'cpu_per_request', verdict: 'regressed' }),
    );
  });

  it('is measured as committed, which is said beside the progress on stderr', () => {
    const lines = json.stderr.trimEnd().split('\n');

    expect(lines).toContain('not measured: 1 changed and 1 new files are not committed');
    expect(lines).toContain('seed 7, scenarios: tiny');
    expect(lines).toContain('measuring tiny (1 of 1), pair 1');
    expect(lines).toContainEqual(expect.stringMatching(/^confirming tiny \(1 of 1\), pair \d+$/));
    expect(json.stderr).not.toContain('\u001b');
  });

  it('leaves trials from which perf-ci judge reads the same verdicts', async () => {
    const recorded = readFileSync(trials, 'utf8');
    const compared = result.verdicts.find((verdict) => verdict.metric === 'cpu_per_request');
    const threshold = String(100 * (compared?.threshold ?? NaN));

    const judged = await perfCi(['judge', '--threshold', threshold], { input: recorded });

    expect(recorded.trimEnd().split('\n')).toHaveLength(result.pairsTotal);
    const lines = judged.stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as JudgedLine).detail)).toEqual(result.verdicts);
    expect(judged.code).toBe(1);
  });

  it('is the comment with --markdown', MEASURING, async () => {
    const { code, stdout } = await compare('main', 'slower', '--markdown');

    expect(stdout).toMatch(/^### ❌ Slower: CPU \/ request \+[\d.]+ % \[/);
    expect(stdout).toContain('| `tiny` | CPU / request |');
    expect(code).toBe(1);
  });

  it('is plain text where no colour is wanted', () => {
    const terminal = { isTTY: true };

    expect(describeResult(result, 'main', { color: wantsColor(terminal, {}) })).toContain('\u001b[31m');
    for (const color of [wantsColor({}, {}), wantsColor(terminal, { NO_COLOR: '1' })]) {
      const text = describeResult(result, 'main', { color });
      expect(text).toMatch(/^✖ Slower: CPU \/ request/);
      expect(text).not.toContain('\u001b');
    }
    expect(wantsColor(terminal, { NO_COLOR: '' })).toBe(true);
  });
});

describe('no verdict is exit code 2', () => {
  it('for a head that does not start: whose fault, and its last words', MEASURING, async () => {
    const { code, stdout, stderr } = await compare('main', 'does-not-start');

    expect(stdout).toMatch(/^No verdict: the head failed while measuring: /);
    expect(stdout).toContain('cannot open the catalogue: no such file');
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toContain('measuring tiny (1 of 1), pair 1\n');
    expect(code).toBe(2);
  });

  it('for commits without a common history', async () => {
    const { code, stdout } = await compare('main', 'stranger');

    expect(stdout).toMatch(/^No verdict: .* have no commit in common\n$/);
    expect(code).toBe(2);
  });

  it.each<RunResult>([
    { kind: 'failed', blame: 'base', phase: 'building', code: 'build-failed', message: 'npm ended' },
    { kind: 'cancelled', by: 'ada' },
    { kind: 'superseded', bySha: 'a1b2c3d' },
    { kind: 'fork' },
  ])('for %o', (result) => {
    expect(exitCodeOfResult(result)).toBe(2);
    expect(describeResult(result, 'main', { color: false })).toMatch(/^No verdict: /);
  });
});

describe('a wrong call or configuration is exit code 3', () => {
  it('for a revision that nobody knows', async () => {
    const { code, stdout, stderr } = await compare('main', 'slowre');

    expect(stderr).toContain('expected a branch, tag or commit, found "slowre"');
    expect([code, stdout]).toEqual([3, '']);
  });

  it('for a broken perf-ci.yml: where, and what was meant', async () => {
    const { code, stdout, stderr } = await compare('bad-config', 'bad-config-and-more');

    expect(stderr).toMatch(/^ *perf-ci\.yml:3:3 .*strat.*did you mean "start"/m);
    expect([code, stdout]).toEqual([3, '']);
  });

  it('for none at all: how to write one', async () => {
    const { code, stdout, stderr } = await compare('no-config', 'no-config-and-more');

    expect(stderr).toContain('no perf-ci.yml on base branch no-config\n');
    expect(stderr).toContain('perf-ci config example > perf-ci.yml');
    expect([code, stdout]).toEqual([3, '']);
  });

  it.each([
    [['--config', 'none.yml'], 'no file none.yml'],
    [['--scenario', 'huge'], 'no scenario huge; there are: tiny'],
    [['--trials', '/nonexistent/folder/trials.jsonl'], '--trials: cannot write /nonexistent/folder'],
    [['--repo', '/'], 'expected a git repository at /, found none'],
  ])('for %j', async (args, message) => {
    const { code, stdout, stderr } = await compare('main', 'slower', ...args);

    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([3, '']);
  });
});

describe('nothing to measure is exit code 0', () => {
  it('for a change of ignored paths only', async () => {
    const { code, stdout } = await compare('main', 'documents');

    expect(stdout).toMatch(/^Skipped: /);
    expect(code).toBe(0);
  });

  it("for one that the head's configuration ignores, where the base has none", async () => {
    const { code, stdout, stderr } = await compare('no-config', 'documents');

    expect(stdout).toMatch(/^Skipped: /);
    expect(stderr).toContain("no perf-ci.yml on base branch no-config: the head's is used");
    expect(code).toBe(0);
  });

  it('for a head that the base already has', async () => {
    const { code, stdout } = await compare('main', 'main', '--json');

    expect(JSON.parse(stdout)).toMatchObject({ kind: 'skipped' });
    expect(code).toBe(0);
  });
});
