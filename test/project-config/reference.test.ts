import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse as parseYaml } from 'yaml';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { CONFIG_NODE, everyKey, jsonSchema } from '../../src/project-config/json-schema.ts';
import { referencePage } from '../../src/project-config/reference-page.ts';
import { REFERENCE_EXAMPLES } from '../../src/project-config/reference-examples.ts';
import { SECTIONS } from '../../src/project-config/reference-sections.ts';
import { starterConfig } from '../../src/project-config/starter.ts';
import { configOf } from './read-config.ts';

const ROOT = new URL('../../', import.meta.url);
const REWRITE = 'differs from the schema: run `node src/project-config/write-reference.ts`';

function committed(name: string): string {
  return readFileSync(new URL(name, ROOT), 'utf8');
}

describe('what is generated from the schema', () => {
  it('is committed as perf-ci.schema.json', () => {
    expect(JSON.parse(committed('perf-ci.schema.json')), REWRITE).toEqual(
      JSON.parse(JSON.stringify(jsonSchema())),
    );
  });

  it('is committed as docs/configuration.md', () => {
    expect(committed('docs/configuration.md'), REWRITE).toBe(referencePage());
  });

  it('is formatted as the project formats', async () => {
    const options = await resolveConfig(new URL('docs/configuration.md', ROOT));

    expect(await format(referencePage(), { ...options, parser: 'markdown' })).toBe(referencePage());
    expect(await format(starterConfig(), { ...options, parser: 'yaml' })).toBe(starterConfig());
  });
});

describe('the JSON Schema', () => {
  const validate = new Ajv({ allErrors: true }).compile(jsonSchema());

  it.each([
    ['the starter file', starterConfig()],
    ["this project's own file", committed('perf-ci.yml')],
  ])('accepts %s', (_what, text) => {
    expect(validate(parseYaml(text)), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    ['another version', { version: 2 }],
    ['an unknown key', { treshold: 1 }],
    ['a low port', { service: { start: ['a'], port: 22 } }],
    ['a command as one text', { service: { start: 'node server.ts' } }],
    ['no scenario', { scenarios: [] }],
    ['both kinds of requests', { scenarios: [{ name: 'a', requests: [{ path: '/' }], requests_file: 'a' }] }],
    ['two kinds', { scenarios: [{ name: 'a', requests_file: 'a', command: { run: ['a'] } }] }],
    ['no kind', { scenarios: [{ name: 'a' }] }],
    [
      'a metric that none is called like',
      { scenarios: [{ name: 'a', requests_file: 'a', gate: [{ metric: 'speed' }] }] },
    ],
    [
      'a captured value from nowhere',
      {
        scenarios: [
          { name: 'a', requests_file: 'a', setup: { request: { path: '/' }, capture: [{ name: 'a' }] } },
        ],
      },
    ],
    [
      'a threshold of 0',
      { scenarios: [{ name: 'a', requests_file: 'a', gate: [{ metric: 'startup', threshold: 0 }] }] },
    ],
    ['a duration without unit', { scenarios: [{ name: 'a', requests_file: 'a', budget: '10' }] }],
    ['an unknown method', { scenarios: [{ name: 'a', requests: [{ path: '/', method: 'CONNECT' }] }] }],
  ])('refuses %s', (_what, part) => {
    const sound = { version: 1, service: { start: ['a'] }, scenarios: [{ name: 'a', requests_file: 'a' }] };

    expect(validate(sound)).toBe(true);
    expect(validate({ ...sound, ...part })).toBe(false);
  });

  it('describes every key', () => {
    const silent = everyKey(CONFIG_NODE).filter(({ node }) => node.description === undefined);

    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});

describe('the reference page', () => {
  it('has a row for every key', () => {
    const page = referencePage();
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));

    expect(rows).toHaveLength(everyKey(CONFIG_NODE).length);
  });

  it('has an example in every section below the first, of keys that the section describes', () => {
    expect(REFERENCE_EXAMPLES.map(({ section }) => section)).toEqual(
      SECTIONS.map(({ prefix }) => prefix).filter((prefix) => prefix !== ''),
    );
  });

  it.each(REFERENCE_EXAMPLES.map((example) => [example.section, example] as const))(
    'shows an example of %s that is valid',
    async (_section, { yaml, files }) => {
      const rest = [
        'version: 1',
        yaml.includes('service:\n') ? '' : 'service: { start: [a] }',
        yaml.includes('scenarios:\n') ? '' : 'scenarios: [{ name: a, requests: [{ path: / }] }]',
      ].join('\n');
      const whole = `${rest}\n${yaml}`;

      const config = await configOf(whole, files);

      expect(config.scenarios).toHaveLength(1);
      expect(new Ajv({ allErrors: true }).compile(jsonSchema())(parseYaml(whole))).toBe(true);
      expect(referencePage()).toContain(`\`\`\`yaml\n${yaml.trimEnd()}\n\`\`\``);
    },
  );

  it('gives bounds in words or in the rows below for every key', () => {
    const rows = referencePage()
      .split('\n')
      .filter((line) => line.startsWith('| `'));

    expect(rows.filter((row) => row.split(' | ')[3]?.trim() === '')).toEqual([]);
  });
});
