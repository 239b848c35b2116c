/** How much all scenarios together may hold: requests are kept in memory, stored and hashed. */

const MAX_BYTES = 16 * 1_048_576;

/** What a request costs beside its texts, so that millions of tiny ones are too many as well. */
const BYTES_PER_REQUEST = 100;

/** What is left of the 16 MiB for requests. */
export class Allowance {
  #leftBytes = MAX_BYTES;

  /** Whether so many texts or buffers still fit; they are taken off. */
  take(...parts: readonly (string | undefined)[]): boolean {
    this.#leftBytes -= BYTES_PER_REQUEST;
    for (const part of parts) this.#leftBytes -= Buffer.byteLength(part ?? '');
    return this.#leftBytes >= 0;
  }
}

/** The message where {@link Allowance} is used up. */
export const TOO_MUCH = {
  message: 'expected at most 16 MiB of requests in all scenarios together; found more',
  fix: 'send fewer or smaller requests',
} as const;
