import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { SelftestReport } from '../../src/cli/selftest/findings.ts';
import { perfCi } from '../cli/helpers.ts';
import { makeRepository, type TestRepository } from '../helpers/repository.ts';
import { TINY_CONFIG, tinyFiles } from '../helpers/whole-loop.ts';

let folder: string;
let repository: TestRepository;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'perf-ci-selftest-test-'));
  repository = makeRepository({
    ...(await tinyFiles()),
    'perf-ci.yml': TINY_CONFIG.replace('budget: 10s', 'budget: 30s'),
  });
});
afterAll(() => {
  repository.remove();
  rmSync(folder, { recursive: true, force: true });
});

it('plants into real jobs and finds what no machine can hide: a tenth of the answers late', async () => {
  const args = ['selftest', '--plants', 'stall:10:50', '--jobs', '2', '--seed', '7', '--json'];
  const { code, stdout, stderr } = await perfCi(args, {
    cwd: repository.path,
    env: { XDG_CACHE_HOME: folder },
  });

  const report = JSON.parse(stdout) as SelftestReport;
  expect(report).toMatchObject({
    scenario: 'tiny',
    seed: 7,
    gates: [
      { metric: 'cpu_per_request', added: false },
      { metric: 'latency_over_25ms', threshold: 0.05, added: true },
    ],
    planted: [{ words: '10 % of answers 50 ms later', found: { count: 1, of: 1 } }],
    falseAlarms: { of: 1 },
    failed: [],
  });
  expect(stderr).toContain('seed 7, scenario tiny, 10 % of answers 50 ms later');
  expect(stderr).toContain('job 2, ');
  expect(code).toBe(report.falseAlarms.count === 0 ? 0 : 1);
}, 400_000);

it('says what it has when it is interrupted', async () => {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [main, 'selftest', '--plants', 'none', '--jobs', '50', '--seed', '7'],
    {
      cwd: repository.path,
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', XDG_CACHE_HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    // The second job is under way: the first one counts.
    if (stderr.includes('job 2, nothing planted: pair 1 done')) child.kill('SIGINT');
  });
  const [code] = (await once(child, 'exit')) as [number];

  expect(stdout).toMatch(/cried wolf \d of 1$/m);
  expect(code).toBe(stdout.includes('cried wolf 0 of 1\n') ? 0 : 1);
}, 400_000);
