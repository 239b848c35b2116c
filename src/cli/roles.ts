/** Which settings each process gets: what a process does not need, nobody can take from it. */

export type Role = 'web' | 'worker' | 'reporter';

export const ROLES: readonly Role[] = ['web', 'reporter', 'worker'];

const EVERYONE = [
  'PATH',
  'HOME',
  'LANG',
  'TZ',
  'NODE_EXTRA_CA_CERTS',
  'DATABASE_URL',
  'LOG_LEVEL',
  'PUBLIC_URL',
  'PERF_CI_DATA_DIR',
  'PERF_CI_LEASE_SECONDS',
  'PERF_CI_POLL_SECONDS',
];

const ONLY: Record<Role, readonly string[]> = {
  web: ['HOST', 'PORT', 'GITHUB_WEBHOOK_SECRET', 'PERF_CI_SHOW_RUNS'],
  reporter: [
    'REDIS_URL',
    'GITHUB_APP_ID',
    'GITHUB_PRIVATE_KEY_FILE',
    'GITHUB_API_URL',
    'PERF_CI_LOOK_AGAIN_SECONDS',
    'PERF_CI_SWEEP_SECONDS',
    'PERF_CI_CONTROL_EVERY',
    'PERF_CI_CONTROL_HOUR',
  ],
  worker: ['REDIS_URL', 'GITHUB_API_URL', 'PERF_CI_POOL', 'PERF_CI_PREFLIGHT'],
};

/** The environment of one role, cut out of `environment`. */
export function environmentFor(role: Role, environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of [...EVERYONE, ...ONLY[role]]) {
    const value = environment[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
