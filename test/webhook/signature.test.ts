import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSignedBy, requireSecrets, signBody } from '../../src/webhook/signature.ts';

const PUBLISHED = {
  secret: "It's a Secret to Everybody",
  body: Buffer.from('Hello, World!'),
  signature: 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
};

describe('signBody', () => {
  it("gives the signature of GitHub's published example", () => {
    expect(signBody(PUBLISHED.body, PUBLISHED.secret)).toBe(PUBLISHED.signature);
  });
});

describe('isSignedBy', () => {
  it("accepts GitHub's published example", () => {
    expect(isSignedBy(PUBLISHED.body, PUBLISHED.signature, [PUBLISHED.secret])).toBe(true);
  });

  it('accepts a signature by any of the secrets while one is rotated', () => {
    expect(isSignedBy(PUBLISHED.body, PUBLISHED.signature, ['new', PUBLISHED.secret])).toBe(true);
    expect(isSignedBy(PUBLISHED.body, PUBLISHED.signature, ['new', 'other'])).toBe(false);
  });

  it('rejects each of a thousand one-bit changes of body or signature', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), (bytes, position) => {
        const body = Buffer.from(bytes);
        const signature = signBody(body, 'secret');
        const digest = Buffer.from(signature.slice(7), 'hex');

        const otherBody = flipBit(body, position);
        const otherSignature = `sha256=${flipBit(digest, position).toString('hex')}`;

        expect(isSignedBy(otherBody, signature, ['secret'])).toBe(false);
        expect(isSignedBy(body, otherSignature, ['secret'])).toBe(false);
        expect(isSignedBy(body, signature, ['secret'])).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('rejects whatever is not a well-formed signature, without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(isSignedBy(PUBLISHED.body, text, [PUBLISHED.secret])).toBe(false);
        expect(isSignedBy(PUBLISHED.body, `sha256=${text}`, [PUBLISHED.secret])).toBe(false);
      }),
    );
  });

  it('is over the bytes, not over their text', () => {
    const bytes = Buffer.from([0x7b, 0xff, 0x7d]);
    const signature = signBody(bytes, 'secret');

    expect(isSignedBy(bytes, signature, ['secret'])).toBe(true);
    expect(isSignedBy(Buffer.from(bytes.toString('utf8')), signature, ['secret'])).toBe(false);
  });
});

describe('requireSecrets', () => {
  it.each([{ secrets: [] }, { secrets: [''] }, { secrets: ['good', '  '] }])(
    'refuses $secrets, with which anyone could sign',
    ({ secrets }) => {
      expect(() => requireSecrets(secrets)).toThrowError(
        expect.objectContaining({ code: 'webhook-secret-missing' }),
      );
    },
  );
});

function flipBit(bytes: Buffer, position: number): Buffer {
  const changed = Buffer.from(bytes);
  const bit = position % (bytes.length * 8);
  const at = Math.floor(bit / 8);
  changed[at] = (changed[at] ?? 0) ^ (1 << (bit % 8));
  return changed;
}
