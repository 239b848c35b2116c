/** What is measured, under which load, and which metrics decide. */

import { z } from 'zod';
import { command } from './command-schema.ts';
import { custom } from './custom-schema.ts';
import { gates } from './gate-schema.ts';
import { grpc } from './grpc-schema.ts';
import { described, duration, file, list } from './leaves.ts';
import { load } from './load-schema.ts';
import { expecting, obeying } from './objection.ts';
import { request } from './request-schema.ts';
import { setup } from './setup-schema.ts';
import { NAME_RULE, objectToName } from './text-rules.ts';

/** The keys of which a scenario has exactly one: what is sent, called or run. */
export const KINDS = ['requests', 'requests_file', 'grpc', 'command'] as const;

/** A scenario as written. */
export const scenario = z
  .strictObject(
    {
      name: described(z.string(expecting(`a name of ${NAME_RULE}`)).superRefine(obeying(objectToName)), {
        description: 'Unique name, shown in the comment.',
        bounds: NAME_RULE,
        example: 'rank-everyday',
      }),
      why: described(
        z
          .string(expecting('a sentence'))
          .max(500, expecting('a sentence of at most 500 characters'))
          .optional(),
        {
          description: 'Why this scenario exists.',
          bounds: 'at most 500 characters',
          example: 'The queries of an ordinary minute.',
        },
      ),
      requests: list(
        request,
        { min: 1, max: 10_000, one: 'request', many: 'requests' },
        {
          description: 'The requests, sent in a seeded order, the same to both sides.',
          example: [{ method: 'POST', path: '/rank', body: { userId: 1 } }],
        },
      ).optional(),
      requests_file: file({
        description:
          'Instead of `requests`: a JSON file `{"requests": […]}` of the same commit, relative to the root of the repository.',
        example: 'benchmarks/scenarios/rank-everyday.json',
      }).optional(),
      data_file: file({
        description:
          'A CSV file (`.csv`, RFC 4180, with a header line) or JSON lines (`.jsonl`) of the same commit: every request is sent for each row, with the row’s value in place of `{{column}}`.',
        example: 'benchmarks/data/users.csv',
      }).optional(),
      setup: setup.optional(),
      warm_up_mix: list(
        request,
        { min: 1, max: 10_000, one: 'request', many: 'requests' },
        {
          description:
            'Requests for warming up instead of the measured ones; `load.warm_up_requests` says how many are sent.',
          example: [{ path: '/rank?k=20' }],
          like: 'scenarios[].requests[]',
        },
      ).optional(),
      warm_up_mix_file: file({
        description: 'Instead of `warm_up_mix`: a requests file.',
        example: 'benchmarks/scenarios/warm-up.json',
      }).optional(),
      grpc: grpc.optional(),
      command: command.optional(),
      load: load.prefault({}),
      budget: duration('10s', '10m', {
        description:
          'Time for the pairs of this scenario, confirmation included. More time sees smaller changes.',
        example: '2m',
      }).prefault('2m'),
      custom: custom.prefault([]),
      gate: gates.optional(),
    },
    expecting('a mapping of keys to values'),
  )
  .meta({
    description: 'One load under which base and head are compared.',
    oneOf: KINDS.map((key) => ({ required: [key] })),
  });

/** A scenario that the schema has accepted, with its defaults. */
export type ScenarioYml = z.output<typeof scenario>;
