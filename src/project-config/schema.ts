/**
 * The schema of perf-ci.yml: the one source of the parser, of perf-ci.schema.json and of docs/configuration.md.
 * Nothing is transformed here, so what is valid is exactly what is written; resolve.ts turns it into the domain's words.
 */

import { z } from 'zod';
import { answers, diagnosis } from './answers-schema.ts';
import { found } from './found.ts';
import { GLOB_RULE, objectToGlob } from './glob-rules.ts';
import { described, list, mapping } from './leaves.ts';
import { expecting, obeying } from './objection.ts';
import { scenario } from './scenario-schema.ts';
import { service } from './service-schema.ts';

/** The version of the file's shape that this program reads. */
export const CONFIG_VERSION = 1;

const glob = z.string(expecting(GLOB_RULE)).superRefine(obeying(objectToGlob));

const paths = mapping(
  {
    include: list(
      glob,
      { min: 1, max: 100, one: 'glob', many: 'globs' },
      {
        description: 'Changed files that matter. A pull request that changes none of them is skipped.',
        example: ['ranking-service/**'],
      },
    ).prefault(['**']),
    ignore: list(
      glob,
      { min: 0, max: 100, one: 'glob', many: 'globs' },
      {
        description: 'Changed files that do not matter although they are included.',
        example: ['docs/**', '**/*.md'],
      },
    ).prefault([]),
  },
  { description: 'Which changed files make a measurement worth its time.' },
);

const POOL_RULE = 'a pool name of 1 to 63 lower-case letters, digits and -';

/** The whole file as written. */
export const perfCiYml = mapping(
  {
    version: described(
      z.literal(CONFIG_VERSION, {
        error: (issue) => `this server reads version ${CONFIG_VERSION}; found ${found(issue.input)}`,
      }),
      { description: 'The version of this file.', example: 1, bounds: '1' },
    ),
    service,
    paths: paths.prefault({}),
    answers: answers.prefault({}),
    diagnosis: diagnosis.prefault({}),
    pool: described(z.string(expecting(POOL_RULE)).regex(/^[a-z\d][a-z\d-]{0,62}$/, expecting(POOL_RULE)), {
      description: 'The worker pool that measures this project.',
      bounds: '1 to 63 lower-case letters, digits and -',
      example: 'default',
    }).prefault('default'),
    scenarios: list(
      scenario,
      { min: 1, max: 200, one: 'scenario', many: 'scenarios' },
      {
        description: 'The loads under which base and head are compared.',
      },
    ),
  },
  {
    description:
      'Configuration of perf-ci: what is measured, how it is loaded and what fails a pull request.',
  },
);

/** A perf-ci.yml that the schema has accepted, with its defaults. */
export type PerfCiYml = z.output<typeof perfCiYml>;
