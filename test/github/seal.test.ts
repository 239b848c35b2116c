import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeKeyPair, open, seal } from '../../src/github/seal.ts';

const TOKEN = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz';

describe('a sealed text', () => {
  it('is read with the private key of its receiver', () => {
    const keys = makeKeyPair();

    expect(keys.publicKey).toHaveLength(32);
    expect(open(keys, seal(keys.publicKey, TOKEN))).toBe(TOKEN);
  });

  it('can be any text', () => {
    const keys = makeKeyPair();

    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => open(keys, seal(keys.publicKey, text)) === text),
      { numRuns: 30 },
    );
  });

  it('shows nothing of the text and differs each time', () => {
    const keys = makeKeyPair();
    const [one, two] = [seal(keys.publicKey, TOKEN), seal(keys.publicKey, TOKEN)];

    expect(one.includes('ghs_')).toBe(false);
    expect(one.equals(two)).toBe(false);
  });

  it('is not read with another key', () => {
    const sealed = seal(makeKeyPair().publicKey, TOKEN);

    expect(() => open(makeKeyPair(), sealed)).toThrow('fails its authentication');
  });

  it('is not read when any of its bytes was changed', () => {
    const keys = makeKeyPair();
    const sealed = seal(keys.publicKey, TOKEN);

    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      expect(() => open(keys, changed)).toThrow(/sealed to this key|version 1|usable/);
    }
  });

  it.each([0, 1, 60, 61, 75])('is not read when cut to %i bytes', (length) => {
    const keys = makeKeyPair();

    expect(() => open(keys, seal(keys.publicKey, TOKEN).subarray(0, length))).toThrow();
  });
});

describe('sealing', () => {
  it.each([
    ['too short', Buffer.alloc(31, 9)],
    ['too long', Buffer.alloc(33, 9)],
    ['all zero, of small order', Buffer.alloc(32)],
    ['one, of small order', Buffer.from([1, ...Buffer.alloc(31)])],
  ])('refuses a public key that is %s', (_, publicKey) => {
    expect(() => seal(publicKey, TOKEN)).toThrow(expect.objectContaining({ code: 'seal-key' }));
  });

  it('takes any random key, as every 32 bytes are a point', () => {
    expect(() => seal(randomBytes(32), TOKEN)).not.toThrow();
  });
});
