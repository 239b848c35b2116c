import { seededRandom } from './random.ts';

export interface Ids {
  /** A numeric id, growing within its kind, with gaps, as GitHub's do. */
  next(kind: string): number;
  uuid(): string;
  /** A token such as `ghs_…`, 40 characters in all. */
  token(prefix: string): string;
  /** `C0F4:…` style request id. */
  requestId(): string;
  /** Seeded numbers in [0, 1) for whatever else is left to chance. */
  random(label: string): () => number;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** All ids of one double; the same seed and the same order of calls give the same ids. */
export function createIds(seed: number): Ids {
  const streams = new Map<string, () => number>();
  const last = new Map<string, number>();
  const stream = (label: string): (() => number) => {
    const known = streams.get(label) ?? seededRandom(seed, label);
    streams.set(label, known);
    return known;
  };
  const hex = (label: string, digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(stream(label)() * 16).toString(16)).join('');

  return {
    next(kind) {
      const random = stream(`id:${kind}`);
      const before = last.get(kind) ?? 100_000_000 + Math.floor(random() * 900_000_000);
      const id = before + 1 + Math.floor(random() * 97);
      last.set(kind, id);
      return id;
    },
    uuid() {
      const digits = hex('uuid', 32);
      const variant = '89ab'[Number.parseInt(digits.slice(16, 17), 16) % 4] ?? '8';
      return [
        digits.slice(0, 8),
        digits.slice(8, 12),
        `4${digits.slice(13, 16)}`,
        variant + digits.slice(17, 20),
        digits.slice(20),
      ].join('-');
    },
    token(prefix) {
      const random = stream(`token:${prefix}`);
      const letter = (): string => ALPHABET[Math.floor(random() * ALPHABET.length)] ?? 'A';
      return prefix + Array.from({ length: 40 - prefix.length }, letter).join('');
    },
    requestId() {
      return `${hex('request', 4)}:${hex('request', 6)}:${hex('request', 7)}`.toUpperCase();
    },
    random: (label) => stream(label),
  };
}

/** An opaque node id; clients must not read anything into it. */
export function nodeId(kind: string, id: number | string): string {
  return `${kind}_${Buffer.from(`kwDO:${id}`).toString('base64url')}`;
}
