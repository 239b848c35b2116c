import { clipCharacters, codeSpan, ownSentence, visibleLine } from './escape.ts';

/** What a first line says at a glance; always beside a word, never instead of one. */
export type Mood = 'good' | 'bad' | 'careful' | 'undecided' | 'waiting' | 'skipped' | 'locked' | 'stopped';

/** How the same sentences are written for different readers. */
export interface TextStyle {
  /** Anything that came from outside. */
  code: (untrusted: string, limit?: number) => string;
  /** A sentence that this program made; as code where it holds anything but words, numbers and code spans. */
  sentence: (text: string, limit?: number) => string;
  strong: (text: string) => string;
  icon: (mood: Mood) => string;
}

const MARKDOWN_ICONS: Readonly<Record<Mood, string>> = {
  good: '✅',
  bad: '❌',
  careful: '⚠️',
  undecided: '⚪',
  waiting: '⏳',
  skipped: '⏭',
  locked: '🔒',
  stopped: '⏹',
};

export const MARKDOWN: TextStyle = {
  code: codeSpan,
  sentence: ownSentence,
  strong: (text) => `**${text}**`,
  icon: (mood) => MARKDOWN_ICONS[mood],
};

const TERMINAL_ICONS: Readonly<Record<Mood, string>> = {
  good: '✔',
  bad: '✖',
  careful: '!',
  undecided: '?',
  waiting: '…',
  skipped: '-',
  locked: '!',
  stopped: '-',
};

/** SGR codes of ECMA-48. */
export type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold';
const SGR: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 };

/** `text` in a colour, or as it is. */
export function paint(text: string, colour: Colour | undefined, enabled: boolean): string {
  return enabled && colour !== undefined ? `\u001B[${SGR[colour]}m${text}\u001B[0m` : text;
}

/** Plain lines for a terminal: what came from outside loses its control characters. */
export function terminalStyle(color: boolean): TextStyle {
  return {
    code: (untrusted, limit = 100) => clipCharacters(visibleLine(untrusted), limit) || '(empty)',
    sentence: (text, limit = 400) => clipCharacters(visibleLine(text), limit).replaceAll('`', ''),
    strong: (text) => paint(text, 'bold', color),
    icon: (mood) => TERMINAL_ICONS[mood],
  };
}
