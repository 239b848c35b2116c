/** Bytes of a file to text: UTF-8 only, other encodings refused by name. */

import type { Finding } from './problem.ts';

/** The answer of {@link decodeText}. */
export type DecodedText =
  | { ok: true; text: string }
  | {
      ok: false;
      finding: Finding;
      /** Where the finding has its offset; absent for another encoding. */ text?: string;
    };

/** `bytes` as text without its byte order mark; refused when not UTF-8 or when it holds raw control characters. */
export function decodeText(bytes: Buffer): DecodedText {
  const wide = wideEncoding(bytes);
  if (wide !== undefined) return refused(`expected UTF-8; found ${wide}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refused(`expected UTF-8; found ${firstBadByte(bytes)}, which looks like Latin-1 (ISO 8859-1)`);
  }
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text);
  if (control === null) return { ok: true, text };
  const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return {
    ok: false,
    text,
    finding: {
      path: [],
      message: `expected text; found the control character U+${code}`,
      fix: 'remove it, or write it as an escape such as "\\0" in double quotes',
      offset: control.index,
    },
  };
}

function refused(message: string): DecodedText {
  return { ok: false, finding: { path: [], message, fix: 'save the file as UTF-8' } };
}

/** UTF-16 and UTF-32 by their byte order mark, or by zeros in every second byte of the beginning. */
function wideEncoding(bytes: Buffer): string | undefined {
  const mark = bytes.subarray(0, 4).toString('hex');
  if (mark === 'fffe0000' || mark === '0000feff') return 'UTF-32';
  if (mark.startsWith('fffe')) return 'UTF-16 (little endian)';
  if (mark.startsWith('feff')) return 'UTF-16 (big endian)';
  const pairs = Math.floor(Math.min(bytes.length, 1024) / 2);
  let evenZeros = 0;
  let oddZeros = 0;
  for (let pair = 0; pair < pairs; pair += 1) {
    if (bytes[pair * 2] === 0) evenZeros += 1;
    if (bytes[pair * 2 + 1] === 0) oddZeros += 1;
  }
  if (oddZeros > pairs / 2 && evenZeros === 0) return 'UTF-16 (little endian)';
  if (evenZeros > pairs / 2 && oddZeros === 0) return 'UTF-16 (big endian)';
  return undefined;
}

function firstBadByte(bytes: Buffer): string {
  let offset = 0;
  let line = 1;
  for (const character of bytes.toString('utf8')) {
    const genuine = character !== '\uFFFD' || bytes.subarray(offset, offset + 3).toString('hex') === 'efbfbd';
    if (!genuine) break;
    if (character === '\n') line += 1;
    offset += Buffer.byteLength(character);
  }
  return `the byte 0x${(bytes[offset] ?? 0).toString(16).toUpperCase()} in line ${line}`;
}
