import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { z } from 'zod';

import { PerfCiError } from './domain/errors.ts';

/** One setting of the environment: what it means, for `--help`, the README and the errors. */
interface Setting {
  name: string;
  meaning: string;
  /** As shown; undefined: unset. */
  default?: string;
  secret?: boolean;
}

/** Every setting that perf-ci reads from its environment, in the order of the documents. */
export const SETTINGS: readonly Setting[] = [
  {
    name: 'DATABASE_URL',
    meaning: 'Postgres to use; without it a private one runs in the data folder',
    secret: true,
  },
  { name: 'REDIS_URL', meaning: 'Redis for the queue; without it the queue lives in Postgres', secret: true },
  { name: 'HOST', meaning: 'address to listen on', default: '127.0.0.1' },
  { name: 'PORT', meaning: 'port to listen on', default: '3000' },
  { name: 'PUBLIC_URL', meaning: 'address under which people reach the web process; linked from checks' },
  { name: 'GITHUB_APP_ID', meaning: 'numeric id of the GitHub App' },
  {
    name: 'GITHUB_PRIVATE_KEY_FILE',
    meaning: "file with the App's private key (PEM); read by the reporter alone",
  },
  {
    name: 'GITHUB_WEBHOOK_SECRET',
    meaning: "the App's webhook secret; two, separated by a blank, while it is being changed",
    secret: true,
  },
  {
    name: 'GITHUB_API_URL',
    meaning: 'API of GitHub or GitHub Enterprise',
    default: 'https://api.github.com',
  },
  { name: 'PERF_CI_POOL', meaning: 'pool that this worker serves', default: 'default' },
  {
    name: 'PERF_CI_DATA_DIR',
    meaning: 'folder for mirrors, builds and the private Postgres',
    default: '.perf-ci',
  },
  { name: 'LOG_LEVEL', meaning: 'trace, debug, info, warn, error or silent', default: 'info' },
  {
    name: 'PERF_CI_SHOW_RUNS',
    meaning: 'true or false: serve run pages to anyone who knows their address',
    default: 'true on a loopback HOST, else false',
  },
  { name: 'PERF_CI_LEASE_SECONDS', meaning: 'a worker silent for this long has lost its run', default: '15' },
  { name: 'PERF_CI_POLL_SECONDS', meaning: 'how often the database is asked for work', default: '5' },
  {
    name: 'PERF_CI_LOOK_AGAIN_SECONDS',
    meaning: 'wait before an unknown write to GitHub is looked for',
    default: '10',
  },
  {
    name: 'PERF_CI_SWEEP_SECONDS',
    meaning: 'how often GitHub is asked for deliveries that did not arrive',
    default: '300',
  },
  {
    name: 'PERF_CI_PREFLIGHT',
    meaning: 'an unsteady machine: refuse (the run waits), flag (measure and say so) or off (do not look)',
    default: 'refuse; perf-ci compare: flag',
  },
  {
    name: 'PERF_CI_CONTROL_EVERY',
    meaning: 'after so many pull request runs of a repository its base is measured against itself; 0: never',
    default: '10',
  },
  {
    name: 'PERF_CI_CONTROL_HOUR',
    meaning: 'hour (UTC, 0 to 23) after which each night every active repository is controlled; off: never',
    default: '3',
  },
];

export interface Config {
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | undefined;
  readonly appId: number | undefined;
  readonly privateKeyFile: string | undefined;
  readonly webhookSecrets: readonly string[];
  readonly apiUrl: string;
  readonly pool: string;
  readonly dataFolder: string;
  readonly logLevel: string;
  readonly showRuns: boolean;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly lookAgainMs: number;
  readonly sweepMs: number;
  /** Undefined: as the command that measures has it by default. */
  readonly preflight: PreflightMode | undefined;
  /** 0: never. */
  readonly controlEvery: number;
  /** Hour of the day in UTC; undefined: never. */
  readonly controlHour: number | undefined;
}

/** What is done about a machine that is not fit for measuring. */
type PreflightMode = 'refuse' | 'flag' | 'off';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|::1|\[::1\])$/;

function isUrl(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}

/** https anywhere; http on loopback only, where nobody listens in between. */
export function isSafeApiUrl(text: string): boolean {
  if (isUrl(text, ['https:'])) return true;
  return isUrl(text, ['http:']) && LOOPBACK.test(new URL(text).hostname);
}

const seconds = (fallback: number) =>
  z.coerce
    .number({ error: 'a number of seconds expected' })
    .min(0.1, 'at least 0.1 seconds')
    .max(3600, 'at most 3600 seconds')
    .default(fallback)
    .transform((value) => Math.round(value * 1000));

const schema = z.object({
  DATABASE_URL: z
    .string()
    .refine(
      (text) => /^postgres(ql)?:\/\/\S+$/.test(text),
      'an address such as postgresql://user@host/name expected',
    )
    .optional(),
  REDIS_URL: z
    .string()
    .refine(
      (text) => isUrl(text, ['redis:', 'rediss:', 'unix:']),
      'an address such as redis://127.0.0.1:6379 expected',
    )
    .optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  PUBLIC_URL: z
    .string()
    .refine((text) => isUrl(text, ['http:', 'https:']), 'an http or https address expected')
    .transform((text) => text.replace(/\/+$/, ''))
    .optional(),
  GITHUB_APP_ID: z.coerce.number({ error: 'a positive whole number expected' }).int().positive().optional(),
  GITHUB_PRIVATE_KEY_FILE: z.string().optional(),
  GITHUB_WEBHOOK_SECRET: z
    .string()
    .transform((text) => text.split(/\s+/).filter((part) => part !== ''))
    .refine((secrets) => secrets.length <= 2, 'at most two secrets, separated by a blank')
    .default([]),
  GITHUB_API_URL: z
    .string()
    .refine(isSafeApiUrl, 'an https address expected (http on loopback only)')
    .transform((text) => text.replace(/\/+$/, ''))
    .default('https://api.github.com'),
  PERF_CI_POOL: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and dashes, at most 63')
    .default('default'),
  PERF_CI_DATA_DIR: z.string().default('.perf-ci'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  PERF_CI_SHOW_RUNS: z.enum(['true', 'false']).optional(),
  PERF_CI_LEASE_SECONDS: seconds(15),
  PERF_CI_POLL_SECONDS: seconds(5),
  PERF_CI_LOOK_AGAIN_SECONDS: seconds(10),
  PERF_CI_SWEEP_SECONDS: seconds(300),
  PERF_CI_PREFLIGHT: z.enum(['refuse', 'flag', 'off']).optional(),
  PERF_CI_CONTROL_EVERY: z.coerce
    .number({ error: 'a whole number from 0 to 1000 expected' })
    .int('a whole number from 0 to 1000 expected')
    .min(0, 'a whole number from 0 to 1000 expected')
    .max(1000, 'a whole number from 0 to 1000 expected')
    .default(10),
  PERF_CI_CONTROL_HOUR: z
    .string()
    .regex(/^(off|\d|1\d|2[0-3])$/, 'an hour from 0 to 23, or off, expected')
    .default('3')
    .transform((hour) => (hour === 'off' ? undefined : Number(hour))),
});

/**
 * The environment as one frozen, typed Config. An empty value counts as unset.
 * @throws PerfCiError `settings-invalid` listing every wrong setting at once; values of secrets are not shown
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    SETTINGS.flatMap(({ name }) => {
      const value = environment[name]?.trim();
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      const isSecret = SETTINGS.find((setting) => setting.name === name)?.secret === true;
      const found = isSecret ? '' : `, found ${JSON.stringify(given[name])}`;
      return `${name}: ${issue.message}${found}`;
    });
    throw new PerfCiError('settings-invalid', `wrong settings:\n  ${lines.join('\n  ')}`, {
      blame: 'usage',
      remedy: 'correct the named environment variables; perf-ci up --help lists all of them',
    });
  }
  const values = parsed.data;
  return Object.freeze({
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    host: values.HOST,
    port: values.PORT,
    publicUrl: values.PUBLIC_URL,
    appId: values.GITHUB_APP_ID,
    privateKeyFile: values.GITHUB_PRIVATE_KEY_FILE,
    webhookSecrets: values.GITHUB_WEBHOOK_SECRET,
    apiUrl: values.GITHUB_API_URL,
    pool: values.PERF_CI_POOL,
    dataFolder: resolve(values.PERF_CI_DATA_DIR),
    logLevel: values.LOG_LEVEL,
    showRuns:
      values.PERF_CI_SHOW_RUNS === undefined
        ? LOOPBACK.test(values.HOST)
        : values.PERF_CI_SHOW_RUNS === 'true',
    leaseMs: values.PERF_CI_LEASE_SECONDS,
    pollMs: values.PERF_CI_POLL_SECONDS,
    lookAgainMs: values.PERF_CI_LOOK_AGAIN_SECONDS,
    sweepMs: values.PERF_CI_SWEEP_SECONDS,
    preflight: values.PERF_CI_PREFLIGHT,
    controlEvery: values.PERF_CI_CONTROL_EVERY,
    controlHour: values.PERF_CI_CONTROL_HOUR,
  });
}

/**
 * Base address of repositories for `git fetch`, from the API's address: github.com for api.github.com, the
 * host itself for GitHub Enterprise (`https://host/api/v3`) and for a double on loopback.
 */
export function cloneBaseUrl(apiUrl: string): string {
  const url = new URL(apiUrl);
  if (url.hostname === 'api.github.com') return 'https://github.com';
  return url.origin;
}

/**
 * The named settings, all present.
 * @throws PerfCiError `settings-missing` naming every one that is not set
 */
export function requireSettings(
  config: Config,
  names: readonly ('appId' | 'privateKeyFile' | 'webhookSecrets')[],
): void {
  const environmentNames = {
    appId: 'GITHUB_APP_ID',
    privateKeyFile: 'GITHUB_PRIVATE_KEY_FILE',
    webhookSecrets: 'GITHUB_WEBHOOK_SECRET',
  };
  const missing = names.filter((name) => {
    const value = config[name];
    return value === undefined || (Array.isArray(value) && value.length === 0);
  });
  if (missing.length > 0) {
    throw new PerfCiError(
      'settings-missing',
      `settings of the GitHub App are missing: ${missing.map((name) => environmentNames[name]).join(', ')}`,
      {
        blame: 'usage',
        remedy: 'set them as the README, "With a real GitHub App", says; npm run demo needs none',
      },
    );
  }
}

/** The App's private key. @throws PerfCiError `private-key-unreadable` */
export function readPrivateKey(file: string): string {
  try {
    const pem = readFileSync(file, 'utf8');
    if (!pem.includes('PRIVATE KEY')) throw new Error('no PEM private key in it');
    return pem;
  } catch (cause) {
    throw new PerfCiError(
      'private-key-unreadable',
      `cannot read the private key in ${file}: ${(cause as Error).message}`,
      {
        blame: 'usage',
        remedy: 'point GITHUB_PRIVATE_KEY_FILE at the .pem file that GitHub gave you',
        cause,
      },
    );
  }
}

/** Sub-folders of the data folder. */
export function folders(config: Config): { postgres: string; work: string } {
  const at = (name: string): string => join(config.dataFolder, name);
  return { postgres: at('postgres'), work: at('work') };
}
