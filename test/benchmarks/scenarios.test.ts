import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FULL_SIZE } from '../../benchmarks/ranking-service/corpus.ts';
import { parseRankRequest } from '../../benchmarks/ranking-service/request.ts';
import { makeScenarios, scenarioText } from '../../benchmarks/scenarios/make.ts';

const folder = new URL('../../benchmarks/scenarios/', import.meta.url);
const scenarios = makeScenarios();

describe('the scenario files', () => {
  it('are those that the generator makes, and no others', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

    expect(files.toSorted()).toEqual(scenarios.map(({ name }) => `${name}.json`).toSorted());
  });

  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s equals what the generator makes, within 100 KB',
    (name, scenario) => {
      const file = readFileSync(new URL(`${name}.json`, folder), 'utf8');

      expect(file).toBe(scenarioText(scenario));
      expect(file.length).toBeLessThan(100_000);
    },
  );

  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s says why it exists and never repeats a request',
    (_name, { why, requests }) => {
      const distinct = new Set(requests.map((request) => JSON.stringify(request)));

      expect(why.length).toBeGreaterThan(40);
      expect(distinct.size).toBe(requests.length);
    },
  );

  it('ask the service only what it accepts', () => {
    const bodies = scenarios.flatMap(({ requests }) => requests).filter(({ path }) => path === '/rank');

    for (const { body } of bodies) expect(() => parseRankRequest(body, FULL_SIZE.users)).not.toThrow();
  });

  it('hold 200 to 800 candidates in the everyday mix and few heavy queries in the long tail', () => {
    const candidatesOf = (name: string) =>
      scenarios
        .find((scenario) => scenario.name === name)!
        .requests.map(({ body }) => (body as { candidates: number }).candidates);

    const everyday = candidatesOf('rank-everyday');
    const longTail = candidatesOf('rank-long-tail');

    expect(everyday.every((candidates) => candidates >= 200 && candidates <= 800)).toBe(true);
    expect(longTail.filter((candidates) => candidates > 2_000)).toHaveLength(4);
  });
});
