import { createSign, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { appFor, octokitWith, outcome, useDouble } from './setup.ts';

const current = useDouble();

/** A JWT with any claims, signed by any key. */
function jwt(claims: Record<string, unknown>, privateKeyPem: string, alg = 'RS256'): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg, typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKeyPem, 'base64url')}`;
}

function askWith(token: string): Promise<{ status: number; message: string }> {
  return outcome(octokitWith(current.double, token).request('GET /app'));
}

describe('the JWT of the app', () => {
  it('opens GET /app when octokit made it', async () => {
    const app = appFor(current.double);

    const { data } = await app.octokit.rest.apps.getAuthenticated();

    expect(data).toMatchObject({ id: current.double.app.id, slug: 'perf-ci' });
  });

  it.each([
    { title: 'has expired', claims: { iat: -700, exp: -100 }, message: "'exp'" },
    {
      title: 'lives longer than ten minutes',
      claims: { iat: 0, exp: 700 },
      message: 'too far in the future',
    },
    { title: 'was issued in the future', claims: { iat: 300, exp: 600 }, message: "'iat'" },
    { title: 'names another app', claims: { iat: 0, exp: 500, iss: 1 }, message: "'iss'" },
  ])('is refused when it $title', async ({ claims, message }) => {
    const { app } = current.double;
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: app.id, ...claims, iat: now + claims.iat, exp: now + claims.exp };

    const answer = await askWith(jwt(all, app.privateKeyPem));

    expect(answer.status).toBe(401);
    expect(answer.message).toContain(message);
  });

  it('is refused when another key signed it', async () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    const app = appFor(current.double, privateKey);

    const answer = await outcome(app.octokit.request('GET /app'));

    expect(answer.status).toBe(401);
  });

  it('is refused when it claims another algorithm', async () => {
    const { app } = current.double;
    const now = Math.floor(Date.now() / 1000);

    const answer = await askWith(jwt({ iss: app.id, iat: now, exp: now + 60 }, app.privateKeyPem, 'none'));

    expect(answer.status).toBe(401);
  });

  it('does not open what an installation token is for', async () => {
    const repository = await current.double.createRepository('jwt/only');
    const { app } = current.double;
    const now = Math.floor(Date.now() / 1000);
    const client = octokitWith(
      current.double,
      jwt({ iss: app.id, iat: now, exp: now + 60 }, app.privateKeyPem),
    );

    const answer = await outcome(client.request(`GET /repos/${repository.fullName}`));

    expect(answer.status).toBe(403);
  });
});

describe('no credentials or unknown ones', () => {
  it.each([
    { title: 'none', token: undefined },
    { title: 'an unknown installation token', token: `ghs_${'a'.repeat(36)}` },
    { title: 'an unknown personal token', token: `ghp_${'b'.repeat(36)}` },
  ])('end in 401 with $title', async ({ token }) => {
    const client = octokitWith(current.double, token);

    const answer = await outcome(client.request('GET /users/nobody'));

    expect(answer.status).toBe(401);
  });
});

describe('installations', () => {
  it('are found by repository and listed, one for each account', async () => {
    const one = await current.double.createRepository('first-owner/one');
    const two = await current.double.createRepository('first-owner/two');
    const app = appFor(current.double);

    const found = await app.octokit.rest.apps.getRepoInstallation({ owner: 'first-owner', repo: 'two' });
    const { data: all } = await app.octokit.rest.apps.listInstallations();
    const { data: same } = await app.octokit.rest.apps.getInstallation({ installation_id: found.data.id });

    expect(one.installationId).toBe(two.installationId);
    expect(found.data.id).toBe(one.installationId);
    expect(all.filter(({ id }) => id === one.installationId)).toHaveLength(1);
    expect(same.account).toMatchObject({ login: 'first-owner' });
  });

  it('list the repositories that their token reaches', async () => {
    const one = await current.double.createRepository('lister/one');
    await current.double.createRepository('lister/two');
    const app = appFor(current.double);
    const wide = await app.getInstallationOctokit(one.installationId);
    const { data: token } = await app.octokit.rest.apps.createInstallationAccessToken({
      installation_id: one.installationId,
      repository_ids: [one.id],
    });

    const { data: all } = await wide.rest.apps.listReposAccessibleToInstallation();
    const narrow = octokitWith(current.double, token.token);
    const { data: few } = await narrow.rest.apps.listReposAccessibleToInstallation();

    expect(all.repositories.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(few.repositories.map(({ name }) => name)).toEqual(['one']);
  });

  it('answer 403 while suspended and work again afterwards', async () => {
    const repository = await current.double.createRepository('sleeper/one');
    const app = appFor(current.double);
    const client = await app.getInstallationOctokit(repository.installationId);
    const ask = () => outcome(client.request(`GET /repos/${repository.fullName}`));

    current.double.suspendInstallation(repository.installationId);
    const asleep = await ask();
    current.double.unsuspendInstallation(repository.installationId);
    const awake = await ask();

    expect(asleep).toMatchObject({ status: 403, message: expect.stringContaining('suspended') as string });
    expect(awake.status).toBe(200);
  });

  it('leave nothing that works when they are removed', async () => {
    const repository = await current.double.createRepository('gone/one');
    const app = appFor(current.double);
    const { data: token } = await app.octokit.rest.apps.createInstallationAccessToken({
      installation_id: repository.installationId,
    });
    // The app's own client would ask again for five seconds: GitHub may need so long to know a fresh token.
    const client = octokitWith(current.double, token.token);

    current.double.removeInstallation(repository.installationId);

    expect(await outcome(client.request(`GET /repos/${repository.fullName}`))).toMatchObject({ status: 401 });
    expect(
      await outcome(
        app.octokit.request('GET /repos/{owner}/{repo}/installation', { owner: 'gone', repo: 'one' }),
      ),
    ).toMatchObject({ status: 404 });
  });
});

describe('installation tokens', () => {
  const mint = async (
    installation_id: number,
    more: { repository_ids?: number[]; permissions?: object } = {},
  ) =>
    (
      await appFor(current.double).octokit.rest.apps.createInstallationAccessToken({
        installation_id,
        ...more,
      })
    ).data;

  it('look like those of GitHub and live for an hour', async () => {
    const repository = await current.double.createRepository('tokens/shape');

    const token = await mint(repository.installationId);

    expect(token.token).toMatch(/^ghs_[A-Za-z0-9]{36}$/);
    const lifeMs = Date.parse(token.expires_at) - Date.now();
    expect(lifeMs).toBeGreaterThan(59 * 60_000);
    expect(lifeMs).toBeLessThanOrEqual(60 * 60_000);
  });

  it('carry only the permissions they were narrowed to', async () => {
    const repository = await current.double.createRepository('tokens/narrow');
    const token = await mint(repository.installationId, { permissions: { contents: 'read' } });
    const client = octokitWith(current.double, token.token);
    const target = { owner: 'tokens', repo: 'narrow' };

    const reading = await outcome(client.rest.repos.listBranches(target));
    const checking = await outcome(
      client.rest.checks.create({ ...target, name: 'perf', head_sha: 'a'.repeat(40) }),
    );

    expect(reading.status).toBe(200);
    expect(checking).toMatchObject({ status: 403 });
    expect(checking.message).toContain('Resource not accessible by integration');
  });

  it('reach only the repositories they were narrowed to', async () => {
    const one = await current.double.createRepository('tokens/inside', { private: true });
    await current.double.createRepository('tokens/hidden', { private: true });
    await current.double.createRepository('tokens/open');
    const token = await mint(one.installationId, { repository_ids: [one.id] });
    const client = octokitWith(current.double, token.token);
    const read = (repo: string) => outcome(client.rest.repos.get({ owner: 'tokens', repo }));

    expect(await read('inside')).toMatchObject({ status: 200 });
    expect(await read('hidden')).toMatchObject({ status: 404 });
    expect(await read('open')).toMatchObject({ status: 200 });
  });

  it('cannot be asked for with more than the installation has', async () => {
    const repository = await current.double.createRepository('tokens/greedy');
    const foreign = await current.double.createRepository('foreign/repo');

    const permission = await outcome(
      mint(repository.installationId, { permissions: { administration: 'write' } }).then(() => ({
        status: 201,
      })),
    );
    const reach = await outcome(
      mint(repository.installationId, { repository_ids: [foreign.id] }).then(() => ({ status: 201 })),
    );

    expect(permission.status).toBe(422);
    expect(reach.status).toBe(422);
  });

  it('are refused after their hour', async () => {
    const repository = await current.double.createRepository('tokens/old');
    const token = await mint(repository.installationId);
    const client = octokitWith(current.double, token.token);

    current.double.expireTokens();

    const answer = await outcome(client.request(`GET /repos/${repository.fullName}`));
    expect(answer).toMatchObject({
      status: 401,
      message: expect.stringContaining('Bad credentials') as string,
    });
  });
});
