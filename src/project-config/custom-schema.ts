/** Numbers that a service or command gives of itself. */

import { z } from 'zod';
import { described, line, list, mapping, matching, pointer } from './leaves.ts';
import { expecting, obeying } from './objection.ts';
import { urlPath } from './service-schema.ts';
import { NAME_RULE, objectToName } from './text-rules.ts';

const served = mapping(
  {
    path: described(urlPath, {
      description: 'Path that is asked after the measured phase; it answers with JSON.',
      bounds: 'a path, no host',
      example: '/metrics.json',
    }),
    pointer: pointer({
      description: 'JSON pointer (RFC 6901) to the number.',
      example: '/cache/hits',
    }),
  },
  { description: 'A number that the service serves.' },
);

const number = z
  .strictObject(
    {
      name: matching(
        'a name of a letter, then letters, digits and _, at most 41 in all',
        /^[A-Za-z]\w{0,40}$/,
        { description: 'The metric is called `custom_` and this.', example: 'cache_misses' },
      ),
      title: described(
        z
          .string(expecting(`a title of ${NAME_RULE}`))
          .superRefine(obeying(objectToName))
          .optional(),
        {
          description: 'As shown in tables; without it the name.',
          bounds: 'as the names of scenarios',
          example: 'cache misses',
        },
      ),
      unit: matching(
        'a unit of at most 16 letters, digits, spaces and % ° / . ^ -',
        /^[\p{L}\p{N}%°/.^ -]{0,16}$/u,
        {
          description: 'Shown behind the value.',
          example: 'rows',
        },
      ).prefault(''),
      better: described(z.enum(['lower', 'higher'], expecting('lower or higher')), {
        description: 'Which direction is better.',
        bounds: 'lower, higher',
        example: 'higher',
      }).prefault('lower'),
      served: served.optional(),
      printed: line('a text', 200, {
        description:
          'Instead of `served`: the text before the number on a line of stdout or stderr; the last such line counts.',
        example: 'cache misses: ',
      }).optional(),
    },
    expecting('a mapping of keys to values'),
  )
  .meta({
    description: 'One number, read from both sides after the measured phase.',
    oneOf: [{ required: ['served'] }, { required: ['printed'] }],
  });

/** The custom numbers of a scenario as written. */
export const custom = list(
  number,
  { min: 0, max: 20, one: 'number', many: 'numbers' },
  {
    description: 'Numbers that the service serves or prints, reported as `custom_…`.',
    example: [{ name: 'cache_misses', printed: 'cache misses: ' }],
  },
);

/** Custom numbers that the schema has accepted. */
export type CustomYml = z.output<typeof custom>;
