import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseApiUrl } from '../../src/github/api-url.ts';
import { parseAppId, readPrivateKey } from '../../src/github/app-key.ts';
import { splitFullName } from '../../src/github/places.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('the address of the API', () => {
  it.each([
    ['https://api.github.com', 'https://api.github.com'],
    ['https://github.acme.example/api/v3/', 'https://github.acme.example/api/v3'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://localhost:3000/', 'http://localhost:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('%s is accepted', (text, url) => {
    expect(parseApiUrl(text)).toBe(url);
  });

  it.each([
    'http://api.github.com',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'ftp://api.github.com',
    'https://user@api.github.com',
    'https://api.github.com?x=1',
    'https://api.github.com#x',
    'api.github.com',
    '',
  ])('%j is refused', (text) => {
    expect(() => parseApiUrl(text)).toThrow(expect.objectContaining({ code: 'github-api-url' }));
  });
});

describe('the key of the App', () => {
  it('is read from PKCS#1 and PKCS#8', () => {
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

    expect(readPrivateKey(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString())).toBe(pkcs8);
    expect(readPrivateKey(pkcs8)).toBe(pkcs8);
  });

  it.each(['', 'secret words', '-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----'])(
    'that is none is refused without being quoted',
    (pem) => {
      expect(() => readPrivateKey(pem)).toThrow(expect.objectContaining({ code: 'github-private-key' }));
      expect(() => readPrivateKey(pem)).not.toThrow(/secret|c2Vj/);
    },
  );

  it('of another kind is refused by name', () => {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

    expect(() => readPrivateKey(pem)).toThrow('expected an RSA key, found ed25519');
  });
});

describe('small parts', () => {
  it.each(['0', '-1', '1.5', 'x', '', '9007199254740993'])('an App id of %j is refused', (id) => {
    expect(() => parseAppId(id)).toThrow('positive integer');
  });

  it.each(['ranking', 'acme/', '/ranking', 'a/b/c', ''])('a repository name of %j is refused', (name) => {
    expect(() => splitFullName(name)).toThrow('expected owner/name');
  });
});
