import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeScenarios } from '../../benchmarks/scenarios/make.ts';
import { SERVICE_DIRECTORY, startService } from './start-service.ts';

const run = promisify(execFile);
const requests = makeScenarios()
  .filter(({ name }) => name !== 'health-floor')
  .flatMap(({ requests: [...all] }) => all.slice(0, 8));

let expected: unknown[];
let folder: string;
beforeAll(async () => {
  expected = await answersOf(SERVICE_DIRECTORY);
  folder = await mkdtemp(join(tmpdir(), 'perf-ci-changes-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the changes that the demo proposes', () => {
  it.each(['neutral', 'slower'])(
    '%s.patch applies cleanly and leaves every answer as it was',
    async (name) => {
      const tree = await treeWithService(name);
      const patch = fileURLToPath(new URL(`../../src/cli/demo/changes/${name}.patch`, import.meta.url));

      await run('git', ['apply', '--check', '--whitespace=error', patch], { cwd: tree });
      await run('git', ['apply', patch], { cwd: tree });
      const answers = await answersOf(join(tree, 'ranking-service'));

      expect(await readFile(join(tree, 'ranking-service', 'rank.ts'), 'utf8')).not.toBe(
        await readFile(join(SERVICE_DIRECTORY, 'rank.ts'), 'utf8'),
      );
      expect(answers).toEqual(expected);
    },
  );
});

async function treeWithService(name: string): Promise<string> {
  const tree = join(folder, name);
  await cp(SERVICE_DIRECTORY, join(tree, 'ranking-service'), { recursive: true });
  await run('git', ['init', '--quiet'], { cwd: tree });
  return tree;
}

async function answersOf(directory: string): Promise<unknown[]> {
  const service = await startService(directory);
  const answers: unknown[] = [];
  for (const { method, path, headers, body } of requests) {
    const response = await fetch(service.address + path, { method, headers, body: JSON.stringify(body) });
    const { stageMs: _times, ...answer } = (await response.json()) as Record<string, unknown>;
    answers.push({ status: response.status, answer });
  }
  await service.stop();
  return answers;
}
