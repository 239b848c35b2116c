import type { KeyObject } from 'node:crypto';
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import { PerfCiError } from '../domain/errors.ts';

/**
 * A sealed text is  version (1) | ephemeral public key (32) | nonce (12) | tag (16) | ciphertext.
 *
 * The key is HKDF-SHA256 (RFC 5869) over the X25519 secret (RFC 7748) of an ephemeral key and the receiver's, with
 * both public keys as salt; the cipher is AES-256-GCM. It is HPKE's base mode (RFC 9180) in its simplest form: who
 * reads the table through which it travels learns nothing, and who writes to it can only make it unreadable.
 */
const VERSION = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_BYTES + NONCE_BYTES + TAG_BYTES;
const PURPOSE = 'perf-ci fetch token v1';

export interface SealingKeys {
  /** 32 raw bytes of X25519, to hand out. */
  publicKey: Buffer;
  /** Stays in the process that made it. */
  privateKey: KeyObject;
}

/** A fresh pair of keys for one question. */
export function makeKeyPair(): SealingKeys {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return { publicKey: rawOf(publicKey), privateKey };
}

/**
 * Seals `text` so that only the holder of the private key reads it; two seals of one text differ.
 *
 * @param publicKey 32 raw bytes, from {@link makeKeyPair}
 * @throws PerfCiError `seal-key` when that is no usable public key
 */
export function seal(publicKey: Buffer, text: string): Buffer {
  const ephemeral = makeKeyPair();
  const key = deriveKey(ephemeral.privateKey, publicKey, ephemeral.publicKey, publicKey);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), ephemeral.publicKey, nonce, cipher.getAuthTag(), ciphertext]);
}

/**
 * The text in `sealed`.
 *
 * @throws PerfCiError `sealed-text` when it was sealed to another key, cut or changed
 */
export function open(keys: SealingKeys, sealed: Buffer): string {
  if (sealed.length < HEADER_BYTES || sealed[0] !== VERSION) {
    throw unreadable(
      `expected version ${VERSION} and at least ${HEADER_BYTES} bytes, found ${sealed.length} bytes`,
    );
  }
  const theirs = sealed.subarray(1, 1 + KEY_BYTES);
  const nonce = sealed.subarray(1 + KEY_BYTES, 1 + KEY_BYTES + NONCE_BYTES);
  const tag = sealed.subarray(1 + KEY_BYTES + NONCE_BYTES, HEADER_BYTES);
  const key = deriveKey(keys.privateKey, theirs, theirs, keys.publicKey);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw unreadable('expected a text sealed to this key, found one that fails its authentication');
  }
}

function deriveKey(ours: KeyObject, theirs: Buffer, ephemeral: Buffer, receiver: Buffer): Buffer {
  const secret = agree(ours, theirs);
  return Buffer.from(hkdfSync('sha256', secret, Buffer.concat([ephemeral, receiver]), PURPOSE, 32));
}

function agree(privateKey: KeyObject, raw: Buffer): Buffer {
  if (raw.length !== KEY_BYTES) {
    throw new PerfCiError('seal-key', `expected a public key of ${KEY_BYTES} bytes, found ${raw.length}`);
  }
  try {
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'X25519', x: raw.toString('base64url') },
      format: 'jwk',
    });
    return diffieHellman({ privateKey, publicKey });
  } catch (cause) {
    // OpenSSL refuses points of small order here: their secret would be known to everybody.
    throw new PerfCiError('seal-key', 'expected a usable X25519 public key, found another', { cause });
  }
}

function rawOf(publicKey: KeyObject): Buffer {
  const { x } = publicKey.export({ format: 'jwk' });
  return Buffer.from(x ?? '', 'base64url');
}

function unreadable(message: string): PerfCiError {
  return new PerfCiError('sealed-text', message, {
    remedy: 'ask for a new one with a new key',
    retryable: true,
  });
}
