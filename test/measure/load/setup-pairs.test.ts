import { describe, expect, it } from 'vitest';

import { failureOf, get, pairOf, trialsOf } from './pairs.ts';

describe('a set-up request', () => {
  const login = {
    request: get('/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
    capture: [{ name: 'token', from: 'json' as const, at: '/session/token' }],
  };

  it('gives each side its own token, in path and body', async () => {
    const requests = [
      get('/mine?token={{token}}'),
      get('/mine', { method: 'POST', body: '{"token":"{{token}}"}' }),
    ];

    const pair = await pairOf('shop.mjs', { setup: login, requests });

    for (const trial of trialsOf(pair)) expect(trial.requests).toBeGreaterThan(0);
    expect(pair.answers).toMatchObject({ compared: 2, different: 0 });
  });

  it('whose answer lacks the value fails its side and says what was expected and found', async () => {
    const pair = await pairOf(
      'shop.mjs',
      { setup: login, requests: [get('/')] },
      {},
      { head: { LOGIN: 'missing' } },
    );

    expect(failureOf(pair)).toBe(
      'error-answers: token of the answer to POST /login: expected a text or number at /session/token, found nothing there',
    );
    expect(pair.base).toMatchObject({ state: 'failed', failure: { kind: 'aborted' } });
  });
});
