import { StringDecoder } from 'node:string_decoder';

/** Of a longer line only so much is looked at. */
const LINE_CHARACTERS = 16 * 1024;
const NUMBER = /^\s{0,8}([-+]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:e[-+]?\d{1,3})?)/i;

/** The finite number that follows the first occurrence of `after` in `line`; undefined where none does. */
export function numberAfter(line: string, after: string): number | undefined {
  const at = line.indexOf(after);
  if (at < 0) return undefined;
  const value = Number(NUMBER.exec(line.slice(at + after.length))?.[1] ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * Watches what a program prints for numbers behind given texts; of each text the last number is kept. Looks while it is
 * printed, since of the output of a talkative program only the end is kept.
 */
export class PrintedNumbers {
  readonly #texts: readonly string[];
  readonly #last = new Map<string, number>();

  constructor(texts: readonly string[]) {
    this.#texts = texts.filter((text) => text !== '');
  }

  /** A receiver for the chunks of one stream (bytes or text), and for its end: an unfinished line counts only then. */
  stream(): { write(chunk: Buffer | string): void; end(): void } {
    const decoder = new StringDecoder('utf8');
    let line = '';
    const endLine = (): void => {
      for (const text of this.#texts) {
        const value = numberAfter(line, text);
        if (value !== undefined) this.#last.set(text, value);
      }
      line = '';
    };
    const take = (part: string): void => {
      line = (line + part).slice(0, LINE_CHARACTERS);
    };
    return {
      write: (chunk) => {
        if (this.#texts.length === 0) return;
        const parts = (typeof chunk === 'string' ? chunk : decoder.write(chunk)).split('\n');
        for (const [index, part] of parts.entries()) {
          if (index > 0) endLine();
          take(part);
        }
      },
      end: endLine,
    };
  }

  /** The number last printed behind `text`, which must be one of those that are watched. */
  last(text: string): number | undefined {
    return this.#last.get(text);
  }
}
