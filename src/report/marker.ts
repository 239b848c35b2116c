import { createHmac, timingSafeEqual } from 'node:crypto';
import { PerfCiError } from '../domain/errors.ts';

/** What a marker says: which slot a comment fills, and which version of its content it holds. */
export interface Marker {
  repoId: string;
  pullNumber: number;
  version: number;
}

/** Only as the very last line: nothing that a body quotes can be taken for its marker. */
const PATTERN =
  /(?:^|\n)<!-- perf-ci v=1 slot=([1-9][0-9]{0,18})\/([1-9][0-9]{0,9}) ver=([1-9][0-9]{0,9}) mac=([0-9a-f]{16}) -->\s*$/;

/**
 * The hidden last line by which a comment of ours is found again. It alone proves nothing (anybody can copy it),
 * so readers also check the author; the HMAC keeps others from moving one to another slot.
 *
 * @param key secret of this installation of perf-ci, at least 16 characters
 */
export function makeMarker(key: string, marker: Marker): string {
  const payload = payloadOf(marker);
  return `<!-- perf-ci ${payload} mac=${macOf(key, payload)} -->`;
}

/** The marker in the last line of `body`; undefined when there is none or when it was not made with `key`. */
export function readMarker(key: string, body: string): Marker | undefined {
  const match = PATTERN.exec(body.slice(-400).replaceAll('\r\n', '\n'));
  if (match === null) return undefined;
  const [, repoId = '', pullNumber = '', version = '', mac = ''] = match;
  const marker = { repoId, pullNumber: Number(pullNumber), version: Number(version) };
  const expected = macOf(key, payloadOf(marker));
  return timingSafeEqual(Buffer.from(mac), Buffer.from(expected)) ? marker : undefined;
}

function payloadOf({ repoId, pullNumber, version }: Marker): string {
  return `v=1 slot=${repoId}/${pullNumber} ver=${version}`;
}

/** First 16 hex digits of HMAC-SHA256: 64 bits, against guesses that each cost a comment. */
function macOf(key: string, payload: string): string {
  if (key.length < 16)
    throw new PerfCiError('marker-key', 'expected a key of at least 16 characters, found a shorter one');
  return createHmac('sha256', key).update(payload).digest('hex').slice(0, 16);
}
