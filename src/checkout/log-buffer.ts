import { toPlainText } from './plain-text.ts';

/** What is kept of a log: 10 MiB, the first and the last half of it. */
export const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

/** A log as it is stored and shown. */
export interface CommandLog {
  /** Plain text, still hostile: escape it where it is shown. */
  content: string;
  /** Whether a piece in the middle was left out. */
  truncated: boolean;
}

/**
 * Keeps the first and the last `limitBytes / 2` bytes of an output of any length in constant memory: the head says
 * what was started, the tail how it ended.
 */
export class LogBuffer {
  readonly #halfBytes: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  /** Circular, made when the head is full; what was written last ends at `#tailEnd`. */
  #tail: Buffer | undefined;
  #tailEnd = 0;
  #totalBytes = 0;

  constructor(limitBytes = LOG_LIMIT_BYTES) {
    this.#halfBytes = Math.max(1, Math.floor(limitBytes / 2));
  }

  /** Bytes seen, kept or not. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  append(output: Buffer | string): void {
    const chunk = typeof output === 'string' ? Buffer.from(output) : output;
    this.#totalBytes += chunk.length;
    const forHead = chunk.subarray(0, this.#halfBytes - this.#headBytes);
    if (forHead.length > 0) {
      // Copied, because the piece may be a view into a much larger read buffer.
      this.#head.push(Buffer.from(forHead));
      this.#headBytes += forHead.length;
    }
    if (chunk.length > forHead.length) this.#appendTail(chunk.subarray(forHead.length));
  }

  #appendTail(output: Buffer): void {
    this.#tail ??= Buffer.alloc(this.#halfBytes);
    const last = output.subarray(-this.#halfBytes);
    const untilEdge = last.subarray(0, this.#halfBytes - this.#tailEnd);
    untilEdge.copy(this.#tail, this.#tailEnd);
    last.copy(this.#tail, 0, untilEdge.length);
    this.#tailEnd = (this.#tailEnd + last.length) % this.#halfBytes;
  }

  /** What was kept, as plain text, with a line in the middle that says how much is missing. */
  read(): CommandLog {
    const head = Buffer.concat(this.#head);
    const tailBytes = Math.min(this.#totalBytes - this.#headBytes, this.#halfBytes);
    const missingBytes = this.#totalBytes - this.#headBytes - tailBytes;
    const tail = this.#readTail(tailBytes);
    if (missingBytes === 0) return { content: toPlainText(Buffer.concat([head, tail])), truncated: false };
    const gap = `\n[perf-ci] ${missingBytes} bytes left out here\n`;
    return { content: toPlainText(head) + gap + toPlainText(tail), truncated: true };
  }

  #readTail(tailBytes: number): Buffer {
    if (this.#tail === undefined) return Buffer.alloc(0);
    if (tailBytes < this.#halfBytes) return this.#tail.subarray(0, tailBytes);
    return Buffer.concat([this.#tail.subarray(this.#tailEnd), this.#tail.subarray(0, this.#tailEnd)]);
  }
}
