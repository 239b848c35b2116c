/** Output of git, of builds and of services is hostile: what is stored or shown passes through here first. */

const TERMINAL_SEQUENCE =
  // eslint-disable-next-line no-control-regex -- terminal sequences start with a control character
  /\u001b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\u0007\u001b]{0,2000}(?:\u0007|\u001b\\)?|.)?/g;
// Postgres refuses NUL in text, and direction marks can make a line read backwards.
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex -- control characters are what is to be removed
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * `output` as lines of plain text: bytes that are not UTF-8 become U+FFFD, terminal sequences go, a lone carriage
 * return (a progress bar) becomes a line end, other control characters and direction marks become U+FFFD.
 */
export function toPlainText(output: Buffer | string): string {
  const text = typeof output === 'string' ? output : output.toString('utf8');
  return text.replace(TERMINAL_SEQUENCE, '').replace(/\r\n?/g, '\n').replace(UNPRINTABLE, '\uFFFD');
}

/** The last `count` lines that are not blank at the end of `text`, each cut to `width` characters. */
export function lastLines(text: string, count = 20, width = 500): string {
  const lines = text.trimEnd().split('\n');
  return lines
    .slice(-count)
    .map((line) => (line.length <= width ? line : `${line.slice(0, width - 1)}…`))
    .join('\n');
}
