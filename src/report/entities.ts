/**
 * The named character references that stand for something Markdown, HTML or GitHub's filters act upon, or for
 * nothing visible (WHATWG HTML, "Named character references").
 */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  ast: '*',
  bsol: '\\',
  colon: ':',
  commat: '@',
  diacriticalgrave: '`',
  excl: '!',
  grave: '`',
  gt: '>',
  hat: '^',
  lbrace: '{',
  lbrack: '[',
  lowbar: '_',
  lpar: '(',
  lrm: '\u200E',
  lsqb: '[',
  lt: '<',
  nbsp: ' ',
  newline: '\n',
  num: '#',
  period: '.',
  quot: '"',
  rbrack: ']',
  rlm: '\u200F',
  rpar: ')',
  rsqb: ']',
  shy: '\u00AD',
  sol: '/',
  tab: '\t',
  verbar: '|',
  vert: '|',
  verticalline: '|',
  zerowidthspace: '\u200B',
  zwj: '\u200D',
  zwnj: '\u200C',
};

/** `&amp;amp;#38;lt;` and the like in one step, so that a long chain costs no pass each. */
const AMPERSAND_CHAIN = /&(?:(?:amp|#0*38|#x0*26);)+/gi;
const REFERENCE = /&(?:#(\d{1,9})|#x([0-9a-f]{1,8})|([a-z]{2,24}));?/gi;

/** `text` with its character references replaced, once: what comes out may hold new ones. */
export function decodeEntities(text: string): string {
  return text.replace(AMPERSAND_CHAIN, '&').replace(REFERENCE, decodeOne);
}

/** `text` with every reference that is left made harmless by taking its ampersand away. */
export function breakEntities(text: string): string {
  return text.replace(REFERENCE, (reference) => reference.slice(1));
}

function decodeOne(reference: string, decimal?: string, hex?: string, name?: string): string {
  if (decimal !== undefined) return fromCodePoint(Number.parseInt(decimal, 10));
  if (hex !== undefined) return fromCodePoint(Number.parseInt(hex, 16));
  if (!reference.endsWith(';')) return reference;
  return NAMED[(name ?? '').toLowerCase()] ?? reference;
}

function fromCodePoint(code: number): string {
  const valid = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return valid ? String.fromCodePoint(code) : '\uFFFD';
}
