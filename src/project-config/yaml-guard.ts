/**
 * A first look at the tokens of a YAML text, before anything is composed from them. It refuses what this
 * configuration has no use for (aliases, anchors, tags, directives) and what would make composing slow or
 * deep; it takes time linear in the text.
 */

import { CST, Lexer } from 'yaml';
import type { Finding } from './problem.ts';

/** Deeper nesting than this is refused; the configuration itself needs seven levels. */
export const MAX_DEPTH = 32;

/** After this many findings the text is not looked at further. */
const MAX_FINDINGS = 20;

const REFUSED: Readonly<Record<string, { message: string; fix: string }>> = {
  alias: {
    message: 'aliases are not allowed',
    fix: 'write the value out; a text that starts with * needs quotes, e.g. "**/*.md"',
  },
  anchor: {
    message: 'anchors are not allowed',
    fix: 'write the value out; a text that starts with & needs quotes',
  },
  tag: {
    message: 'custom tags are not allowed',
    fix: 'remove the tag; a text that starts with ! needs quotes',
  },
  'directive-line': { message: 'YAML directives are not allowed', fix: 'remove the line' },
};

/** What is known at one token. */
interface Progress {
  offset: number;
  flowDepth: number;
  /** `-` and `?` since the line began: each opens a level. */
  indicatorsInLine: number;
  /** `---` and `...` so far. */
  starts: number;
  ends: number;
  /** Offset of a tab before anything else in the line, outside brackets. */
  tabOffset: number | undefined;
  lineIsEmpty: boolean;
}

/** Findings with their offsets; a text without any is safe to compose. */
export function guardYaml(text: string): Finding[] {
  const findings: Finding[] = [];
  const at: Progress = {
    offset: 0,
    flowDepth: 0,
    indicatorsInLine: 0,
    starts: 0,
    ends: 0,
    tabOffset: undefined,
    lineIsEmpty: true,
  };
  let scalarFollows = false;
  for (const lexeme of new Lexer().lex(text)) {
    const type = scalarFollows ? 'scalar' : (CST.tokenType(lexeme) ?? 'scalar');
    scalarFollows = lexeme === CST.SCALAR;
    // These stand for no text.
    if (lexeme === CST.SCALAR || lexeme === CST.DOCUMENT || lexeme === CST.FLOW_END) continue;
    advance(at, type, lexeme);
    const refused = REFUSED[type];
    if (refused !== undefined) findings.push({ path: [], ...refused, offset: at.offset });
    const hopeless = reasonToStop(at, type);
    if (hopeless !== undefined)
      findings.push({ path: [], message: hopeless, offset: at.tabOffset ?? at.offset });
    if (hopeless !== undefined || findings.length >= MAX_FINDINGS) return findings;
    at.offset += lexeme.length;
  }
  return findings;
}

function advance(at: Progress, type: string, lexeme: string): void {
  if (type === 'newline') {
    at.indicatorsInLine = 0;
    at.tabOffset = undefined;
  }
  const tab = type === 'space' && at.lineIsEmpty && at.flowDepth === 0 ? lexeme.indexOf('\t') : -1;
  if (tab >= 0) at.tabOffset ??= at.offset + tab;
  at.lineIsEmpty = type === 'newline' || (type === 'space' && at.lineIsEmpty);
  if (type === 'flow-map-start' || type === 'flow-seq-start') at.flowDepth += 1;
  if (type === 'flow-map-end' || type === 'flow-seq-end') at.flowDepth -= 1;
  if (type === 'seq-item-ind' || type === 'explicit-key-ind') at.indicatorsInLine += 1;
  if (type === 'doc-start') at.starts += 1;
  if (type === 'doc-end') at.ends += 1;
}

/** Composing would find these too, but thousands of them take it long. */
function reasonToStop(at: Progress, type: string): string | undefined {
  if (at.starts > 1 || at.ends > 1) return 'one YAML document expected; found a second one';
  if (at.flowDepth < 0) return 'unexpected closing bracket';
  if (at.flowDepth > MAX_DEPTH || at.indicatorsInLine > MAX_DEPTH)
    return `nested deeper than ${MAX_DEPTH} levels`;
  if (at.tabOffset !== undefined && !['space', 'newline', 'comment'].includes(type))
    return 'tabs are not allowed as indentation';
  return undefined;
}
