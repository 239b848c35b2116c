/** How the answers of base and head are compared, and what is looked at once a slowdown is confirmed. */

import { z } from 'zod';
import { flag, list, mapping, pointer, wholeNumber } from './leaves.ts';
import { expecting } from './objection.ts';

const ignoredKey = z
  .string(expecting('the name of a JSON key'))
  .min(1, expecting('the name of a JSON key'))
  .max(100, expecting('a JSON key of at most 100 characters'));

const scores = z
  .strictObject(
    {
      list: pointer({
        description: 'JSON pointer (RFC 6901) to a list of scores in the same order.',
        example: '/scores',
      }).optional(),
      in_item: pointer({
        description: 'Instead of `list`: JSON pointer inside an item to its score.',
        example: '/score',
      }).optional(),
    },
    expecting('a mapping of keys to values'),
  )
  .meta({
    description: 'Where the scores are; without it only the order is compared.',
    oneOf: [{ required: ['list'] }, { required: ['in_item'] }],
  });

const ranking = mapping(
  {
    items: pointer({
      description: 'JSON pointer (RFC 6901) to the list of items, best first.',
      example: '/items',
    }),
    id: pointer({
      description:
        'JSON pointer inside an item to what identifies it; empty where the items are ids themselves.',
      example: '/id',
    }).prefault(''),
    scores: scores.optional(),
    k: wholeNumber(1, 1_000, { description: 'The first so many items are compared.', example: 20 }).prefault(
      10,
    ),
  },
  {
    description:
      'For answers that are rankings: how alike they are (overlap@k, order, scores) is told where they differ.',
    example: { items: '/items', id: '/id', k: 10 },
  },
);

/** How answers are compared, as written. */
export const answers = mapping(
  {
    ignore_keys: list(
      ignoredKey,
      { min: 0, max: 100, one: 'key', many: 'keys' },
      {
        description:
          'Keys of JSON answers that may differ between two correct answers (timings, ids), at any depth.',
        example: ['stageMs'],
      },
    ).prefault([]),
    sample: wholeNumber(1, 1_000, {
      description: 'Requests whose answers are compared between base and head before anything is measured.',
      example: 32,
    }).prefault(32),
    ranking: ranking.optional(),
  },
  { description: 'How the answers of base and head are compared: a wrong answer is never a fast one.' },
);

/** What is looked at more closely once a slowdown is confirmed, as written. */
export const diagnosis = mapping(
  {
    profile: flag({
      description: 'Both sides once more under a CPU profiler: where the time went.',
      example: false,
    }).prefault(true),
    instructions: flag({
      description:
        'Instructions counted by valgrind after an alarm, where it is installed: a second opinion, never the gate.',
      example: false,
    }).prefault(true),
  },
  { description: 'What is looked at more closely once a slowdown is confirmed; it never decides.' },
);
