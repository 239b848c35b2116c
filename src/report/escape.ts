import { breakEntities, decodeEntities } from './entities.ts';

/**
 * Text from outside (names, branches, commands, messages, logs) reaches Markdown through this file only, and only
 * as code: in a span or a fence nothing is a link, an image, HTML, a mention or an issue reference. A backslash
 * would not do: GitHub's filters for mentions and references run on the finished HTML.
 */

/** ESC [ … and ESC ] … BEL, as terminals know them (ECMA-48), begun by any control character. */
const TERMINAL_SEQUENCES = /(?!\s)\p{Cc}(?:\[[0-?]*[ -/]*[@-~]|\][^\p{Cc}]{0,300}(?!\s)\p{Cc}\\?)/gu;
/** Controls, and format characters: bidi overrides, zero widths, soft hyphens, tags. */
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;
const LINE_BREAK = /\r\n|[\n\r\u0085\u2028\u2029]/;
/** What is longer is cut before anything else is done with it. */
const LONGEST_TEXT = 10_000;
const PASSES = 4;

/** One line of visible characters, nothing else done: for terminals and as the first step of the others. */
export function visibleLine(text: string): string {
  return settle(text.slice(0, LONGEST_TEXT).toWellFormed().replace(TERMINAL_SEQUENCES, '')).trim();
}

/**
 * References decoded and invisible characters gone, repeated while either makes work for the other: an invisible
 * character within a reference hides it, and a reference may stand for an invisible character. Code spans show
 * references as they are written, but GitHub's filter for mentions has been seen to read them (github/markup#1168).
 */
function settle(text: string): string {
  let settled = dropInvisible(text);
  for (let pass = 0; pass < PASSES; pass += 1) {
    const before = settled;
    settled = dropInvisible(decodeEntities(settled));
    if (settled === before) return settled;
  }
  return breakEntities(settled);
}

function dropInvisible(text: string): string {
  return text.split(LINE_BREAK).join(' ').replace(/\t/g, ' ').replace(INVISIBLE, '');
}

/** `text` cut to `limit` characters (code points, so that no pair is torn), with … where something is missing. */
export function clipCharacters(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = Array.from(text);
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join('')}…`;
}

/**
 * A sentence of our own that holds code spans, as Markdown. It is shown as it is only while it consists of words,
 * plain punctuation and code spans; one that holds anything else becomes a code span as a whole.
 */
export function ownSentence(text: string, limit = 400): string {
  const line = clipCharacters(visibleLine(text), limit);
  const parts = line.split('`');
  const harmless = parts.every((part, index) => (index % 2 === 0 ? HARMLESS.test(part) : part !== ''));
  if (!harmless || parts.length % 2 === 0) return codeSpan(text, limit);
  return parts.map((part, index) => (index % 2 === 0 ? part : codeSpan(part, limit))).join('');
}

/**
 * No link, no reference, no markup can be made of these. Numbers stay short and stand behind no letter or hyphen, for
 * commit ids (from seven characters on) and references such as GH-12.
 */
const HARMLESS =
  /^(?!.*(?:www\.|:\S))(?:[\p{L} ,.;:'()–—%±\u2212+-]|(?<![\p{L}\d-])p?\d{1,6}(?![\p{L}\d]))*$/iu;

/** `text` as a code span of one line; `(empty)` when nothing visible is left. */
export function codeSpan(text: string, limit = 100): string {
  // Long runs of backticks are shortened, or the fence around them would outgrow every limit.
  const line = visibleLine(text).replace(/`{4,}/g, '````');
  return wrapInBackticks(disarm(clipCharacters(line, limit)));
}

/**
 * `text` as a code span inside a table. A pipe ends a cell even within a span, so it is escaped (GFM, "Tables
 * (extension)"); a backslash before it is held apart, because parsers differ on how `\\|` counts.
 */
export function codeCell(text: string, limit = 100): string {
  return codeSpan(text, limit)
    .replace(/\\(?=\|)/g, '\\\u200B')
    .replace(/\|/g, '\\|');
}

/** The lines of a log, ready for a fence: each visible, disarmed and at most `limit` characters long. */
export function logLines(text: string, limit = 400): string[] {
  return text
    .toWellFormed()
    .replace(TERMINAL_SEQUENCES, '')
    .split(LINE_BREAK)
    .map((line) => disarm(settle(clipCharacters(line, limit)).trimEnd()));
}

/** The fence around these lines: longer than any run of backticks within, so that none of them ends it. */
export function fenceFor(lines: readonly string[]): string {
  return '`'.repeat(Math.max(3, longestBacktickRun(lines.join('\n')) + 1));
}

/**
 * U+200B after each @ keeps GitHub from reading a mention (dependabot/dependabot-core#3157), and within comment
 * marks keeps our own marker from being written by anybody else.
 */
function disarm(text: string): string {
  return text.replace(/@/g, '@\u200B').replace(/<!--/g, '<!\u200B--').replace(/-->/g, '--\u200B>');
}

function wrapInBackticks(text: string): string {
  if (text === '') return '(empty)';
  const fence = '`'.repeat(longestBacktickRun(text) + 1);
  const pad = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${text}${pad}${fence}`;
}

function longestBacktickRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
