import { describe, expect, it } from 'vitest';
import { configOf, messagesOf, parse, problemsOf, yml } from './read-config.ts';

const PERCENT = 'scenarios[0].gate[0].threshold: expected a number above 0, e.g. 3; found';
const BUDGET = 'scenarios[0].budget: expected a duration of 10s to 10m, e.g. 2m; found';
const REQUESTS = 'requests: [{ path: / }]';

describe('C4: unknown keys', () => {
  it('names the nearest key, the place and the known keys', async () => {
    const text = `version: 1
service: { start: [a] }
scenarios:
  - name: a
    requests: [{ path: / }]
    gate:
      - metric: startup
        treshold: 3
`;

    const problems = await problemsOf(text);

    expect(problems).toEqual([
      'perf-ci.yml:8:9  scenarios[0].gate[0].treshold: unknown key; did you mean "threshold"?  known keys here: metric, threshold',
    ]);
  });

  it('says where a key belongs that is known elsewhere', async () => {
    const messages = await messagesOf(yml({ scenario: `name: a, ${REQUESTS}, treshold: 3, warm_up: 3s` }));

    expect(messages[0]).toContain(
      'scenarios[0].treshold: unknown key; did you mean "threshold"?  it belongs in scenarios[].gate[].threshold;',
    );
    expect(messages[1]).toContain(
      'scenarios[0].warm_up: unknown key  it belongs in scenarios[].load.warm_up;',
    );
  });

  it('reads camel case as a slip', async () => {
    const messages = await messagesOf(yml({ rest: 'answers: { ignoreKeys: [a] }\n' }));

    expect(messages[0]).toContain('answers.ignoreKeys: unknown key; did you mean "ignore_keys"?');
  });
});

describe('C5: thresholds', () => {
  it.each([
    ['-5', '-5'],
    ['0', '0'],
    ['.nan', 'NaN'],
    ['.inf', 'Infinity'],
    ['"5"', '"5"'],
    ['"5%%"', '"5%%"'],
    ['null', 'null'],
    ['[3]', 'a list'],
  ])('refuses %s', async (written, shown) => {
    const messages = await messagesOf(
      yml({ scenario: `name: a, ${REQUESTS}, gate: [{ metric: startup, threshold: ${written} }]` }),
    );

    expect(messages).toEqual([`${PERCENT} ${shown}`]);
  });

  it.each([
    ['0.1', 0.001],
    ['3', 0.03],
    ['100', 1],
  ])('reads %s percent as a ratio', async (written, ratio) => {
    const config = await configOf(
      yml({ scenario: `name: a, ${REQUESTS}, gate: [{ metric: startup, threshold: ${written} }]` }),
    );

    expect(config.scenarios[0]?.gates).toEqual([{ metric: 'startup', threshold: ratio }]);
  });
});

describe('C6: durations', () => {
  it.each([
    ['10', '10'],
    ['-1s', '"-1s"'],
    ['9999h', '"9999h"'],
    ['1m30', '"1m30"'],
    ['9s', '"9s"'],
    ['11m', '"11m"'],
    ['1.5m', '"1.5m"'],
    ['""', '""'],
  ])('refuses a budget of %s', async (written, shown) => {
    const messages = await messagesOf(yml({ scenario: `name: a, ${REQUESTS}, budget: ${written}` }));

    expect(messages).toEqual([`${BUDGET} ${shown}`]);
  });

  it('refuses a budget that cannot hold one pair, with both times', async () => {
    const scenario = `name: a, ${REQUESTS}, budget: 10s, load: { warm_up: 8s, measured: 2500ms }`;

    const messages = await messagesOf(yml({ scenario }));

    expect(messages).toEqual([
      'scenarios[0].budget: expected a budget for at least one pair (warm_up + measured = 10500ms); found 10s',
    ]);
  });
});

describe('C7: load (pipelining is not a key, a rate is one of the open phase)', () => {
  it.each([
    ['connections: 0', 'connections: expected a whole number from 1 to 1,000; found 0'],
    ['connections: 1.5', 'connections: expected a whole number from 1 to 1,000; found 1.5'],
    ['connections: 100001', 'connections: expected a whole number from 1 to 1,000; found 100001'],
    ['warm_up_requests: 0', 'warm_up_requests: expected a whole number from 1 to 100,000; found 0'],
    ['pipelining: 0', 'pipelining: unknown key; a connection has one request in flight'],
    ['rate: -1', 'rate: unknown key  it belongs in scenarios[].load.open.rate;'],
  ])('refuses %s', async (written, expected) => {
    const messages = await messagesOf(yml({ scenario: `name: a, ${REQUESTS}, load: { ${written} }` }));

    expect(messages).toHaveLength(1);
    expect(messages[0]?.startsWith(`scenarios[0].load.${expected}`)).toBe(true);
  });
});

describe('C13: scenarios', () => {
  const many = (count: number): string =>
    Array.from({ length: count }, (_, index) => `  - { name: s${index}, ${REQUESTS} }\n`).join('');
  const head = 'version: 1\nservice: { start: [a] }\nscenarios:';

  it('refuses 201 and accepts 200', async () => {
    const tooMany = await messagesOf(`${head}\n${many(201)}`);
    const most = await parse(`${head}\n${many(200)}`);

    expect(tooMany).toEqual(['scenarios: expected at most 200 scenarios; found 201']);
    expect(most.ok).toBe(true);
  });

  it('refuses two of one name, however their letters are composed', async () => {
    const messages = await messagesOf(
      `${head}\n  - { name: "\u00e9", ${REQUESTS} }\n  - { name: "e\u0301", ${REQUESTS} }\n`,
    );

    expect(messages).toEqual([
      'scenarios[1].name: duplicate scenario name "\u00e9"  names tell results apart: give each scenario its own',
    ]);
  });

  it('refuses none, and a file without the key', async () => {
    const none = await messagesOf(`${head} []\n`);
    const absent = await messagesOf('version: 1\nservice: { start: [a] }\n');

    expect(none).toEqual(['scenarios: expected at least one scenario; found an empty list']);
    expect(absent).toEqual(['scenarios: missing; expected a list of scenarios']);
  });
});

describe('C14: names', () => {
  const rule =
    'scenarios[0].name: expected a name of 1 to 100 letters, digits, emoji, spaces and . _ - + / ( ) , that neither start nor end with a space; found';

  it.each([
    'a'.repeat(101),
    'a\\nb',
    'a\u202eb',
    'a\u200bb',
    'a\u3164',
    'a|b',
    '<img>',
    '@team',
    '`a`',
    '#12',
    ' a',
    'a ',
    '',
  ])('refuses %s and names the rule', async (name) => {
    const messages = await messagesOf(yml({ scenario: `name: "${name}", ${REQUESTS}` }));

    expect(messages).toHaveLength(1);
    expect(messages[0]?.startsWith(rule)).toBe(true);
  });

  it.each([
    'a'.repeat(100),
    'rank-everyday',
    'Größe 2',
    '排名 (k=20)'.replace('=', ' '),
    '🚀 fast',
    '👩‍💻 1️⃣ 🇩🇪',
    'v1.2/a_b+c, d',
  ])('accepts %s', async (name) => {
    const config = await configOf(yml({ scenario: `name: "${name}", ${REQUESTS}` }));

    expect(config.scenarios[0]?.name).toBe(name);
  });
});
