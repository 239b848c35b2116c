import { PerfCiError } from '../domain/errors.ts';

/** Works of which at most `max` go on at once; up to `maxWaiting` more stand in line, the rest is turned away. */
export class Slots {
  readonly #max: number;
  readonly #maxWaiting: number;
  readonly #line: (() => void)[] = [];
  #taken = 0;

  constructor(limits: { max: number; maxWaiting: number }) {
    this.#max = limits.max;
    this.#maxWaiting = limits.maxWaiting;
  }

  /** Takes a slot without waiting. What was taken is given back by {@link release}. */
  tryTake(): boolean {
    if (this.#taken >= this.#max) return false;
    this.#taken += 1;
    return true;
  }

  /** Gives a slot back; the first in line gets it. */
  release(): void {
    const next = this.#line.shift();
    if (next === undefined) this.#taken -= 1;
    else next();
  }

  /**
   * Runs `work` in a slot. Work whose `signal` has fired by the time its turn comes is not started.
   *
   * @throws PerfCiError `slots-busy` when the line is full or the turn came too late.
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (!this.tryTake()) await this.#waitForTurn();
    try {
      if (signal.aborted) throw busy();
      return await work();
    } finally {
      this.release();
    }
  }

  #waitForTurn(): Promise<void> {
    if (this.#line.length >= this.#maxWaiting) return Promise.reject(busy());
    return new Promise((resolve) => this.#line.push(resolve));
  }
}

function busy(): PerfCiError {
  return new PerfCiError('slots-busy', 'a free slot expected, found none in time', { retryable: true });
}
