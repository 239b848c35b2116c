/** A request before the trials whose answer gives values for the others, such as a login token. */

import { z } from 'zod';
import { described, list, mapping, matching, pointer } from './leaves.ts';
import { expecting, obeying } from './objection.ts';
import { request } from './request-schema.ts';
import { objectToHeaderToken } from './request-rules.ts';

const capture = z
  .strictObject(
    {
      name: matching(
        'a name of a letter or _, then letters, digits and _, at most 40 in all',
        /^[A-Za-z_]\w{0,39}$/,
        { description: 'What stands between `{{` and `}}` in the requests.', example: 'token' },
      ),
      json: pointer({
        description: 'JSON pointer (RFC 6901) to the value in the answer’s body.',
        example: '/token',
      }).optional(),
      header: described(
        z.string(expecting('a header name')).superRefine(obeying(objectToHeaderToken)).optional(),
        {
          description: 'Instead of `json`: a header of the answer.',
          bounds: 'a header name',
          example: 'x-csrf-token',
        },
      ),
    },
    expecting('a mapping of keys to values'),
  )
  .meta({
    description: 'One value of the answer.',
    oneOf: [{ required: ['json'] }, { required: ['header'] }],
  });

/** The set-up request of a scenario as written. */
export const setup = mapping(
  {
    request: described(request.omit({ weight: true }), {
      description: 'The request, with the keys of `requests` except `weight`.',
      bounds: 'see requests',
      example: { method: 'POST', path: '/login', form: { user: 'ann' } },
      like: 'scenarios[].requests[]',
    }),
    capture: list(
      capture,
      { min: 1, max: 20, one: 'captured value', many: 'captured values' },
      {
        description: 'Values of its answer that `{{name}}` stands for in path, headers, body and form.',
        example: [{ name: 'token', json: '/token' }],
      },
    ),
  },
  { description: 'A request sent once to each side before the warm-up, such as a login.' },
);

/** A set-up that the schema has accepted. */
export type SetupYml = z.output<typeof setup>;
