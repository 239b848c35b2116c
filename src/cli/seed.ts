import { PerfCiError } from '../domain/errors.ts';

/**
 * The value of `--seed`, or undefined when it was not given.
 * @throws PerfCiError `bad-seed` (usage)
 */
export function parseSeed(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  // Number('') is 0, and nobody who wrote --seed "$UNSET" meant that.
  const seed = text.trim() === '' ? NaN : Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new PerfCiError(
    'bad-seed',
    `--seed: a whole number from 0 to ${2 ** 32 - 1} expected, found ${JSON.stringify(text)}`,
    { blame: 'usage' },
  );
}
