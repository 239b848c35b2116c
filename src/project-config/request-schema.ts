/** One HTTP request, in perf-ci.yml or in a requests file. */

import { z } from 'zod';
import { count, described, file, flag, list, mapping, wholeNumber } from './leaves.ts';
import { expecting, obeying } from './objection.ts';
import {
  BASE64_RULE,
  HTTP_METHODS,
  MAX_HEADER_VALUE,
  objectToBase64,
  objectToBody,
  objectToFormValue,
  objectToHeaderName,
  objectToHeaderValue,
  objectToMethod,
} from './request-rules.ts';
import { urlPath } from './service-schema.ts';

const METHOD_WORDS = `one of ${HTTP_METHODS.join(', ')}`;

const headers = described(
  z
    .record(
      z.string().superRefine(obeying(objectToHeaderName)),
      z
        .string(expecting('a text (put numbers and words such as true in quotes)'))
        .superRefine(obeying(objectToHeaderValue)),
      expecting('a mapping of header names to texts'),
    )
    .refine((values) => Object.keys(values).length <= 50, expecting('at most 50 headers')),
  {
    description: 'Headers. A JSON body brings `content-type: application/json` unless one is given.',
    bounds: `at most 50 ASCII texts of at most ${count(MAX_HEADER_VALUE)} characters; some names are reserved`,
    example: { 'accept-language': 'en' },
  },
);

/** A request as written. */
export const request = mapping(
  {
    method: z
      .string(expecting(METHOD_WORDS))
      .superRefine(obeying(objectToMethod))
      .meta({
        description: 'HTTP method; lower case is accepted.',
        bounds: HTTP_METHODS.join(', '),
        examples: ['POST'],
        enum: HTTP_METHODS.flatMap((method) => [method, method.toLowerCase()]),
      })
      .prefault('GET'),
    path: described(urlPath, {
      description:
        'Path and query. Spaces and non-ASCII characters are percent-encoded as UTF-8; the host is fixed.',
      bounds: 'one leading slash, no . or .. segment, no #, at most 8,192 bytes',
      example: '/rank?k=20',
    }),
    headers: headers.prefault({}),
    body: z
      .unknown()
      .superRefine(obeying(objectToBody))
      .optional()
      .meta({
        description: 'A text, sent as it is; anything else is sent as compact JSON.',
        bounds: 'at most 1 MiB',
        examples: [{ userId: 1, k: 20 }],
      }),
    body_file: file({
      description:
        'Instead of `body`: a file of the same commit, relative to the root of the repository; UTF-8 text unless `binary`.',
      example: 'benchmarks/bodies/large.json',
    }).optional(),
    binary: flag({
      description: 'Whether `body_file` is sent byte for byte, whatever it holds.',
      example: true,
    }).optional(),
    body_base64: described(z.string(expecting(BASE64_RULE)).superRefine(obeying(objectToBase64)).optional(), {
      description: 'Instead of `body`: any bytes, in base64.',
      bounds: 'base64 with its padding, at most 1 MiB of bytes',
      example: 'AAEC/w==',
    }),
    form: described(
      z
        .record(
          z.string().max(1_000, expecting('a field name of at most 1,000 characters')),
          z
            .string(expecting('a text (put numbers and words such as true in quotes)'))
            .superRefine(obeying(objectToFormValue)),
          expecting('a mapping of field names to texts'),
        )
        .refine((fields) => Object.keys(fields).length <= 100, expecting('at most 100 fields'))
        .optional(),
      {
        description:
          'Instead of `body`: fields, sent as `application/x-www-form-urlencoded` in the order of the file.',
        bounds: 'at most 100 texts',
        example: { user: 'ann', page: '2' },
      },
    ),
    weight: wholeNumber(1, 1_000, {
      description: 'How often it is sent for each time that a request of weight 1 is.',
      example: 9,
    }).prefault(1),
    expect: list(
      wholeNumber(100, 599, { description: 'One status.', example: 404 }),
      { min: 1, max: 20, one: 'status', many: 'statuses' },
      {
        description: 'Statuses that are right answers; without it every 2xx is.',
        bounds: '1 to 20 statuses of 100 to 599',
        example: [404],
      },
    ).optional(),
  },
  { description: 'One HTTP request to the service.' },
);

/** A request that the schema has accepted. */
export type RequestYml = z.output<typeof request>;

/** A requests file. `name` and `seed` are for the people and scripts that make it. */
export const requestsFile = mapping(
  {
    name: z.string(expecting('a name')).max(100, expecting('a name of at most 100 characters')).optional(),
    why: described(
      z
        .string(expecting('a sentence'))
        .max(500, expecting('a sentence of at most 500 characters'))
        .optional(),
      { description: 'Why these requests; used where the scenario itself says nothing.' },
    ),
    seed: z.int(expecting('a whole number')).optional(),
    requests: list(
      request,
      { min: 1, max: 10_000, one: 'request', many: 'requests' },
      { description: 'The requests.' },
    ),
  },
  { description: 'A requests file of perf-ci.' },
);

/** A requests file that the schema has accepted. */
export type RequestsFile = z.output<typeof requestsFile>;
