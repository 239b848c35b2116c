/** Programs with their arguments and variables, as the service and command scenarios have them. */

import { z } from 'zod';
import { count, described, list } from './leaves.ts';
import { expecting, obeying } from './objection.ts';
import { MAX_ARGUMENT, objectToArgument, objectToCommand, objectToVariable } from './text-rules.ts';

const TEXT_WORDS = 'a text (put numbers and words such as true in quotes)';

const argument = z.string(expecting(TEXT_WORDS)).superRefine(obeying(objectToArgument));

/** What a list of arguments is called in messages. */
export const COMMAND_WORDS = 'arguments such as [node, server.ts]';

/** A program with its arguments. */
export function command(description: string, example: string[]): z.ZodArray<z.ZodString> {
  const schema = list(
    argument,
    { min: 1, max: 100, one: 'argument', many: COMMAND_WORDS },
    { description, example },
  );
  return described(schema.superRefine(obeying(objectToCommand)), {
    description,
    example,
    bounds: `1 to 100 arguments of at most ${count(MAX_ARGUMENT)} characters; no shell reads them`,
  });
}

/** Environment variables. */
export function variables(description: string): z.ZodRecord<z.ZodString, z.ZodString> {
  const schema = z
    .record(
      z.string().superRefine(obeying(objectToVariable)),
      argument,
      expecting('a mapping of variable names to texts'),
    )
    .refine((values) => Object.keys(values).length <= 50, expecting('at most 50 variables'));
  return described(schema, {
    description,
    bounds: `at most 50 texts of at most ${count(MAX_ARGUMENT)} characters; some names are reserved`,
    example: { SEED: '1' },
  });
}
