/** A gRPC scenario: unary calls of one method. */

import { z } from 'zod';
import { described, file, list, mapping, matching, wholeNumber } from './leaves.ts';
import { expecting, obeying } from './objection.ts';
import { objectToBody } from './request-rules.ts';

const message = mapping(
  {
    message: z
      .record(z.string(), z.unknown(), expecting('a mapping of field names to values'))
      .superRefine(obeying(objectToBody))
      .meta({
        description: 'The message as JSON, by the field names of the proto file.',
        bounds: 'at most 1 MiB',
        examples: [{ user_id: 1, k: 20 }],
      }),
    weight: wholeNumber(1, 1_000, {
      description: 'How often it is sent for each time that a message of weight 1 is.',
      example: 9,
    }).prefault(1),
  },
  { description: 'One call.' },
);

const messages = list(
  message,
  { min: 1, max: 10_000, one: 'message', many: 'messages' },
  {
    description: 'The messages, sent in a seeded order, the same to both sides.',
    example: [{ message: { user_id: 1 }, weight: 9 }],
  },
);

/** A gRPC scenario as written. */
export const grpc = mapping(
  {
    proto_file: file({
      description: 'The .proto file of the same commit; it may import nothing but `google/protobuf/…`.',
      example: 'api/ranker.proto',
    }),
    service: matching(
      'a full service name such as ranking.v1.Ranker',
      /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){0,9}$/,
      {
        description: 'Full name of the service: package and service.',
        example: 'ranking.v1.Ranker',
      },
    ),
    method: matching('a method name such as Rank', /^[A-Za-z_]\w{0,99}$/, {
      description: 'The unary method that is called.',
      example: 'Rank',
    }),
    messages: messages.optional(),
    messages_file: file({
      description:
        'Instead of `messages`: a JSON file `{"messages": [{"message": {…}, "weight": 1}]}` of the same commit; it may also hold `why`, `name` and `seed`.',
      example: 'benchmarks/scenarios/rank-calls.json',
    }).optional(),
  },
  {
    description: 'Instead of requests: unary calls of one method.',
  },
);

/** A gRPC scenario that the schema has accepted. */
export type GrpcYml = z.output<typeof grpc>;

/** A file of gRPC messages. `name` and `seed` are for the people and scripts that make it. */
export const messagesFile = mapping(
  {
    name: z.string(expecting('a name')).max(100, expecting('a name of at most 100 characters')).optional(),
    why: described(
      z
        .string(expecting('a sentence'))
        .max(500, expecting('a sentence of at most 500 characters'))
        .optional(),
      { description: 'Why these messages; used where the scenario itself says nothing.' },
    ),
    seed: z.int(expecting('a whole number')).optional(),
    messages,
  },
  { description: 'A file of gRPC messages for perf-ci.' },
);

/** A file of messages that the schema has accepted. */
export type MessagesFile = z.output<typeof messagesFile>;
