import { describe, expect, it } from 'vitest';

import { cloneBaseUrl, isSafeApiUrl, readConfig, requireSettings, SETTINGS } from '../src/config.ts';

describe('settings', () => {
  it('have defaults that need nothing', () => {
    const config = readConfig({});

    expect(config).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      pool: 'default',
      leaseMs: 15_000,
      showRuns: true,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('count an empty value as unset', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '  ' })).toMatchObject({
      port: 3000,
      databaseUrl: undefined,
    });
  });

  it('serve run pages on loopback only unless told otherwise', () => {
    expect(readConfig({ HOST: '0.0.0.0' }).showRuns).toBe(false);
    expect(readConfig({ HOST: '0.0.0.0', PERF_CI_SHOW_RUNS: 'true' }).showRuns).toBe(true);
  });

  it('take two webhook secrets while one is being changed, and no third', () => {
    expect(readConfig({ GITHUB_WEBHOOK_SECRET: 'old new' }).webhookSecrets).toEqual(['old', 'new']);
    expect(() => readConfig({ GITHUB_WEBHOOK_SECRET: 'a b c' })).toThrow(/at most two/);
  });

  it.each([
    ['https://api.github.com', true],
    ['https://github.example.com/api/v3', true],
    ['http://127.0.0.1:8080', true],
    ['http://localhost', true],
    ['http://github.example.com', false],
    ['file:///etc', false],
    ['api.github.com', false],
  ])('%s as API address: %s', (url, isSafe) => {
    expect(isSafeApiUrl(url)).toBe(isSafe);
  });

  it.each([
    ['https://api.github.com', 'https://github.com'],
    ['https://github.example.com/api/v3', 'https://github.example.com'],
    ['http://127.0.0.1:4711', 'http://127.0.0.1:4711'],
  ])('clone from the host of %s', (api, git) => {
    expect(cloneBaseUrl(api)).toBe(git);
  });

  it('accept the address of a Postgres behind a unix socket', () => {
    const databaseUrl = 'postgresql://app@/postgres?host=%2Ftmp%2Fsocket';

    expect(readConfig({ DATABASE_URL: databaseUrl }).databaseUrl).toBe(databaseUrl);
  });

  it('that are missing are all named', () => {
    expect(() => requireSettings(readConfig({}), ['appId', 'privateKeyFile', 'webhookSecrets'])).toThrow(
      /GITHUB_APP_ID, GITHUB_PRIVATE_KEY_FILE, GITHUB_WEBHOOK_SECRET/,
    );
  });

  it('all stand in .env.example', async () => {
    const { readFile } = await import('node:fs/promises');
    const example = await readFile(new URL('../.env.example', import.meta.url), 'utf8');

    expect(
      SETTINGS.map(({ name }) => name).filter((name) => !new RegExp(`^${name}=`, 'm').test(example)),
    ).toEqual([]);
  });
});
