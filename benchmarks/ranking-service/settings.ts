/** What the environment may set. */
export interface Settings {
  /** 0 takes any free port. */
  readonly port: number;
  /** Of corpus, counters and model. */
  readonly seed: number;
  /** Folder with the tables of an offline feature build; without it the counters come from the seed. */
  readonly features: string | undefined;
}

/** What is not set. */
export const DEFAULTS = { PORT: 3000, SEED: 20_260_101 };

/**
 * Reads `PORT`, `SEED` and `FEATURES`; what is not set has its default.
 * @throws Error naming the setting, what was expected and what was found.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  return {
    port: readInteger(environment, 'PORT', 65_535),
    seed: readInteger(environment, 'SEED', 2 ** 31 - 1),
    features: readFolder(environment['FEATURES']),
  };
}

function readInteger(
  environment: Readonly<Record<string, string | undefined>>,
  name: keyof typeof DEFAULTS,
  highest: number,
): number {
  const text = environment[name];
  if (text === undefined) return DEFAULTS[name];
  if (/^\d{1,10}$/.test(text) && Number(text) <= highest) return Number(text);
  throw new Error(`${name} must be a whole number from 0 to ${highest}; found ${JSON.stringify(text)}`);
}

function readFolder(text: string | undefined): string | undefined {
  if (text === '') throw new Error('FEATURES must be a folder; found ""');
  return text;
}
