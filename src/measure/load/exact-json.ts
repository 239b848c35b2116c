/** A JSON integer that no number holds exactly, as it was written; JSON.stringify writes it so again. */
export interface ExactInteger {
  readonly rawJSON: string;
}

/** What Node has and TypeScript's library does not know yet: ECMAScript's "JSON.parse source text access". */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): ExactInteger;
  isRawJSON(value: unknown): value is ExactInteger;
};

/** Only such text needs to be looked at value by value: all integers of 15 digits are safe. */
const MAY_BE_UNSAFE = /(?<![.\d])\d{16}/;

/**
 * JSON.parse, but of two ids beyond 2^53 that would become one number both are kept, each as an {@link ExactInteger}.
 * @throws SyntaxError for text that is no JSON, RangeError for text nested deeper than the stack
 */
export function parseExactly(text: string): unknown {
  if (!MAY_BE_UNSAFE.test(text)) return JSON.parse(text);
  return json.parse(text, (_key, value, { source = '' }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
      ? json.rawJSON(source)
      : value,
  );
}

export function isExactInteger(value: unknown): value is ExactInteger {
  return json.isRawJSON(value);
}

/** The finite number that a parsed value is, rounded where it has to be; undefined: it is none. */
export function finiteNumber(value: unknown): number | undefined {
  const number = isExactInteger(value) ? Number(value.rawJSON) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
