import { describe, expect, it } from 'vitest';
import { cloneUrl } from '../../src/checkout/clone-address.ts';

const GITHUB = 'https://github.com';

describe('cloneUrl', () => {
  it.each([
    [GITHUB, 'acme/ranking', 'https://github.com/acme/ranking.git'],
    ['https://github.example.org/', 'acme/.github', 'https://github.example.org/acme/.github.git'],
    ['https://ghe.example.org:8443/git/', 'a_b/c.d-e_f', 'https://ghe.example.org:8443/git/a_b/c.d-e_f.git'],
    ['http://127.0.0.1:4000', 'acme/ranking', 'http://127.0.0.1:4000/acme/ranking.git'],
    ['http://localhost:4000', 'acme/ranking', 'http://localhost:4000/acme/ranking.git'],
    ['http://[::1]:4000', 'acme/ranking', 'http://[::1]:4000/acme/ranking.git'],
  ])('joins %s and %s', (cloneBaseUrl, repoFullName, url) => {
    expect(cloneUrl({ cloneBaseUrl, repoFullName })).toBe(url);
  });

  it.each([
    'ext::sh -c id',
    'file:///etc',
    'ssh://-oProxyCommand=id/x',
    'git://github.com',
    'http://github.com',
    'http://10.0.0.1',
    'http://169.254.169.254',
    'http://127.0.0.1.example.org',
    'http://localhost.example.org',
    'https://user:secret@github.com',
    'https://token@github.com',
    'https://github.com?x=1',
    'https://github.com#x',
    'https://github.com/$(id)',
    'https://github.com/a b',
    '--upload-pack=id',
    '/etc',
    'github.com',
    '',
    'javascript:alert(1)',
    'data:text/plain,x',
  ])('refuses the address %j', (cloneBaseUrl) => {
    expect(() => cloneUrl({ cloneBaseUrl, repoFullName: 'acme/ranking' })).toThrow(
      expect.objectContaining({ code: 'bad-clone-address' }),
    );
  });

  it.each([
    '',
    'acme',
    'acme/',
    '/ranking',
    'acme/..',
    'acme/.',
    '../etc/passwd',
    'acme/ranking/../x',
    '-acme/ranking',
    'acme/ran king',
    'acme/ranking\n',
    'acme/ranking?x',
    'acme/ranking#x',
    'acme/ranking@{1}',
    'acme/$(id)',
    'acme/%2e%2e',
    'acme/r\u0000',
    'акме/ranking',
    `acme/${'x'.repeat(101)}`,
  ])('refuses the name %j', (repoFullName) => {
    expect(() => cloneUrl({ cloneBaseUrl: GITHUB, repoFullName })).toThrow(
      expect.objectContaining({ code: 'bad-clone-address' }),
    );
  });

  it('never shows the password of an address that it refuses', () => {
    expect(() => cloneUrl({ cloneBaseUrl: 'https://user:hunter2@github.com', repoFullName: 'a/b' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') as string }),
    );
  });
});
