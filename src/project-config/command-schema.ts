/** A command scenario: a batch job in place of a service. */

import { z } from 'zod';
import { command as commandLine, variables } from './command-line.ts';
import { duration, file, list, mapping } from './leaves.ts';

/** A command scenario as written. */
export const command = mapping(
  {
    run: commandLine('The command that is measured, started in `service.directory` of each built tree.', [
      'node',
      'build-features.ts',
      '--events',
      '200000',
    ]),
    env: variables('Environment variables for it and for `prepare`, beside those of `service.env`.').prefault(
      {},
    ),
    prepare: commandLine('Run before each trial and not measured, e.g. to make its input.', [
      'node',
      'make-events.ts',
    ]).optional(),
    timeout: duration('1s', '10m', {
      description: 'A run that takes longer has failed.',
      example: '1m',
    }).prefault('1m'),
    outputs: list(
      file({ description: 'One file.', example: 'out/features.bin' }),
      { min: 0, max: 20, one: 'file', many: 'files' },
      {
        description:
          'Files that it writes, relative to `service.directory`; base and head must write the same bytes, as a service must give the same answers.',
        bounds: '0 to 20 paths inside the repository',
        example: ['out/features.bin'],
      },
    ).prefault([]),
  },
  {
    description:
      'Instead of requests: a batch job, started, waited for and measured as a whole: CPU time, wall time, peak memory, bytes written.',
  },
);

/** A command scenario that the schema has accepted. */
export type CommandYml = z.output<typeof command>;
