import { describe, expect, it } from 'vitest';

import { environmentFor, ROLES } from '../../src/cli/roles.ts';
import { SETTINGS } from '../../src/config.ts';

const EVERYTHING = Object.fromEntries(
  [...SETTINGS.map(({ name }) => name), 'AWS_SECRET_ACCESS_KEY', 'PATH', 'HOME'].map((name) => [
    name,
    `value of ${name}`,
  ]),
);

describe('what each process is given', () => {
  it('keeps the App key from web and worker, and the webhook secret from worker and reporter', () => {
    const [web, reporter, worker] = (['web', 'reporter', 'worker'] as const).map((role) =>
      environmentFor(role, EVERYTHING),
    );

    expect(web).toHaveProperty('GITHUB_WEBHOOK_SECRET');
    expect(web).not.toHaveProperty('GITHUB_PRIVATE_KEY_FILE');
    expect(reporter).toHaveProperty('GITHUB_PRIVATE_KEY_FILE');
    expect(reporter).not.toHaveProperty('GITHUB_WEBHOOK_SECRET');
    expect(worker).not.toHaveProperty('GITHUB_WEBHOOK_SECRET');
    expect(worker).not.toHaveProperty('GITHUB_PRIVATE_KEY_FILE');
    expect(worker).not.toHaveProperty('GITHUB_APP_ID');
  });

  it('gives nobody what is no setting of ours', () => {
    for (const role of ROLES)
      expect(environmentFor(role, EVERYTHING)).not.toHaveProperty('AWS_SECRET_ACCESS_KEY');
  });

  it('gives every setting to somebody', () => {
    const given = new Set(ROLES.flatMap((role) => Object.keys(environmentFor(role, EVERYTHING))));

    expect(SETTINGS.map(({ name }) => name).filter((name) => !given.has(name))).toEqual([]);
  });
});
