import { closeSync, openSync, writeSync } from 'node:fs';

import { PerfCiError } from '../domain/errors.ts';
import type { Pair } from '../domain/trial.ts';

/** A file of recorded trials, one pair a line, as `perf-ci judge` reads them. */
export interface TrialsFile {
  add(pair: Pair): void;
  close(): void;
}

/**
 * Starts `path` anew. Each pair is written when it is given, so that an interrupted comparison leaves what it measured.
 * @throws PerfCiError `trials-unwritable` (usage)
 */
export function openTrialsFile(path: string): TrialsFile {
  let file: number;
  try {
    file = openSync(path, 'w');
  } catch (cause) {
    throw new PerfCiError(
      'trials-unwritable',
      `--trials: cannot write ${path}: ${(cause as Error).message}`,
      {
        blame: 'usage',
        cause,
      },
    );
  }
  return {
    add: (pair) => void writeSync(file, `${JSON.stringify({ schemaVersion: 1, ...pair })}\n`),
    close: () => closeSync(file),
  };
}
