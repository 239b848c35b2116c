import { createHmac, timingSafeEqual } from 'node:crypto';
import { PerfCiError } from '../domain/errors.ts';

const FORM = /^sha256=[0-9a-f]{64}$/;
const DIGEST_BYTES = 32;

/**
 * Checks the list of webhook secrets once, when the door is built.
 *
 * @throws PerfCiError `webhook-secret-missing` when there is none or one is blank: an HMAC with an empty key
 * can be made by anyone.
 */
export function requireSecrets(secrets: readonly string[]): void {
  if (secrets.length > 0 && secrets.every((secret) => secret.trim() !== '')) return;
  throw new PerfCiError(
    'webhook-secret-missing',
    `at least one webhook secret, none of them blank, expected; found ${secrets.length} entries`,
    {
      remedy: 'Set GITHUB_WEBHOOK_SECRET to the secret of the GitHub App.',
      blame: 'usage',
    },
  );
}

/** The value of `X-Hub-Signature-256` for `body`: `sha256=` and 64 lower-case hex digits. */
export function signBody(body: Buffer, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/**
 * Whether `signature` is the HMAC-SHA256 of the raw `body` under one of `secrets` (several while a secret is
 * being rotated). Compares in constant time and does the same work for a malformed signature, a wrong one and
 * each secret, so that timing tells nothing. Never throws.
 *
 * Source: GitHub, "Validating webhook deliveries".
 */
export function isSignedBy(body: Buffer, signature: string, secrets: readonly string[]): boolean {
  const wellFormed = FORM.test(signature);
  const claimed = wellFormed
    ? Buffer.from(signature.slice('sha256='.length), 'hex')
    : Buffer.alloc(DIGEST_BYTES);

  let matches = false;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(body).digest();
    // timingSafeEqual throws on unequal lengths, so the length is looked at first.
    const equal = claimed.length === expected.length && timingSafeEqual(claimed, expected);
    matches = equal || matches;
  }
  return wellFormed && matches;
}
