import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseProjectConfig } from '../../src/project-config/parse.ts';
import { formatProblems } from '../../src/project-config/problem.ts';

const ROOT = new URL('../../', import.meta.url);

describe("this project's own perf-ci.yml", () => {
  it('is valid with the files that it names, and gates the everyday mix at 3 %', async () => {
    const bytes = readFileSync(new URL('perf-ci.yml', ROOT));

    const parsed = await parseProjectConfig({ bytes, path: 'perf-ci.yml' }, (path) => {
      const file = new URL(path, ROOT);
      return Promise.resolve(existsSync(file) ? { mode: '100644', bytes: readFileSync(file) } : undefined);
    });

    if (!parsed.ok) throw new Error(formatProblems(parsed.problems));
    expect(parsed.config.service.directory).toBe('benchmarks/ranking-service');
    const { prepare = [], command = [] } =
      parsed.config.scenarios.find(({ kind }) => kind === 'command')?.command ?? {};
    const programs = [parsed.config.service.start, prepare, command].map(([, file]) => file ?? '');
    expect(programs).toEqual(['server.ts', 'make-events.ts', 'build-features.ts']);
    for (const file of programs)
      expect(existsSync(new URL(`${parsed.config.service.directory}/${file}`, ROOT)), file).toBe(true);
    expect(
      parsed.config.scenarios.map(({ name, gates }) => [name, gates.map(({ threshold }) => threshold)]),
    ).toEqual([
      ['rank-everyday', [0.03]],
      ['rank-long-tail', [0.05]],
      ['health-floor', []],
      ['build-features', [0.05]],
    ]);
    expect(parsed.config.scenarios.every(({ why }) => why !== undefined)).toBe(true);
    expect(parsed.config.scenarios.map(({ kind = 'http', requests }) => [kind, requests.length > 1])).toEqual(
      [
        ['http', true],
        ['http', true],
        ['http', true],
        ['command', false],
      ],
    );
    expect(parsed.config.answers.ranking).toMatchObject({ items: '/ids', scores: { at: '/scores' }, k: 20 });
  });
});
