/** What is sent to the service, how hard, and which metric decides. */

import { z } from 'zod';
import { METRICS, type MetricName } from '../domain/benchmark.ts';
import { described, duration, list, mapping, wholeNumber } from './leaves.ts';
import { expecting, obeying } from './objection.ts';
import { request } from './request-schema.ts';
import { FILE_RULE, NAME_RULE, objectToFilePath, objectToName } from './text-rules.ts';

/** Metrics that may fail a pull request in this version. */
const GATING: readonly MetricName[] = METRICS.filter((metric) => metric.mayGate).map((metric) => metric.name);

const metric = described(
  z.enum(GATING, {
    error: (issue) => {
      const isShownOnly = METRICS.some(({ name, mayGate }) => name === issue.input && !mayGate);
      const words = expecting(`one of ${GATING.join(', ')}`).error(issue);
      return isShownOnly ? `${words}, which is shown but too noisy to decide` : words;
    },
  }),
  { description: 'The metric that decides.', bounds: GATING.join(', '), example: 'cpu_per_request' },
);

const percent = expecting('a percent between 0.1 and 100');

const gate = mapping(
  {
    metric,
    threshold: described(z.number(percent).min(0.1, percent).max(100, percent), {
      description: 'Increase, in percent, from which on a confirmed slowdown fails the pull request.',
      bounds: '0.1 to 100 percent',
      example: 3,
    }).prefault(3),
  },
  { description: 'One metric that decides, and its limit.' },
);

const load = mapping(
  {
    warm_up: duration('100ms', '60s', {
      description: 'Least time for which each side is warmed up before it is measured.',
      example: '2500ms',
    }).prefault('2500ms'),
    warm_up_requests: wholeNumber(1, 100_000, {
      description: 'Fewest requests with which each side is warmed up; both sides get the same number.',
      example: 1200,
    }).prefault(1_200),
    connections: wholeNumber(1, 1_000, {
      description: 'Connections to each side during warm-up. Measured requests go one at a time.',
      example: 5,
    }).prefault(5),
    measured: duration('100ms', '60s', {
      description: 'Measured time of one pair of processes, both sides together.',
      example: '3s',
    }).prefault('3s'),
    request_timeout: duration('100ms', '60s', {
      description: 'A request that takes longer is an error.',
      example: '10s',
    }).prefault('10s'),
  },
  { description: 'How one pair of processes (one of the base, one of the head) is loaded.' },
);

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
      requests_file: described(
        z.string(expecting(FILE_RULE)).superRefine(obeying(objectToFilePath)).optional(),
        {
          description:
            'Instead of `requests`: a JSON file `{"requests": […]}` of the same commit, relative to the root of the repository.',
          bounds: FILE_RULE,
          example: 'benchmarks/scenarios/rank-everyday.json',
        },
      ),
      load: load.prefault({}),
      budget: duration('10s', '10m', {
        description:
          'Time for the pairs of this scenario, confirmation included. More time sees smaller changes.',
        example: '2m',
      }).prefault('2m'),
      gate: list(
        gate,
        { min: 0, max: GATING.length, one: 'gate', many: 'gates' },
        {
          description:
            'The metrics that decide. An empty list makes the scenario informational: shown, never failing.',
          example: [{ metric: 'cpu_per_request', threshold: 3 }],
        },
      ).prefault([{ metric: 'cpu_per_request', threshold: 3 }]),
    },
    expecting('a mapping of keys to values'),
  )
  .meta({
    description: 'One load under which base and head are compared.',
    oneOf: [{ required: ['requests'] }, { required: ['requests_file'] }],
  });

/** A scenario that the schema has accepted, with its defaults. */
export type ScenarioYml = z.output<typeof scenario>;
