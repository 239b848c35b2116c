import type { RunResult } from '../domain/run.ts';
import { renderComparison } from '../report/comment.ts';
import { renderTerminal } from '../report/terminal.ts';
import { EXIT } from './exit-code.ts';

/** How a result is written. */
export type ResultForm = 'json' | 'markdown' | { color: boolean };

/** A result as text, without a line break at its end. @param baseRef what the user called the base */
export function describeResult(result: RunResult, baseRef: string, form: ResultForm): string {
  if (form === 'json') return JSON.stringify(result, undefined, 2);
  if (result.kind !== 'judged') return describeEnd(result);
  const comparison = { result, baseRef, baseIs: 'merge-base', rerunNumber: 0 } as const;
  return form === 'markdown' ? renderComparison(comparison) : renderTerminal(comparison, form);
}

function describeEnd(result: Exclude<RunResult, { kind: 'judged' }>): string {
  switch (result.kind) {
    case 'skipped':
      return `Skipped: ${result.reason}`;
    case 'failed': {
      const where = result.blame === 'head' || result.blame === 'base' ? ` the ${result.blame}` : '';
      const tail = result.logTail === undefined ? '' : `\n\n${result.logTail}`;
      const remedy = result.remedy === undefined ? '' : `\n  → ${result.remedy}`;
      return `No verdict:${where} failed while ${result.phase}: ${result.message}${remedy}${tail}`;
    }
    case 'not_comparable':
      return `No verdict: ${result.reason}`;
    default:
      return `No verdict: ${result.kind.replaceAll('_', ' ')}`;
  }
}

/** Exit code of a result; silence is never a pass. */
export function exitCodeOfResult(result: RunResult): number {
  switch (result.kind) {
    case 'judged':
      return { pass: EXIT.pass, warn: EXIT.regression, fail: EXIT.regression, 'no-verdict': EXIT.noVerdict }[
        result.gate
      ];
    case 'skipped':
      return EXIT.pass;
    case 'failed':
      return result.blame === 'config' ? EXIT.usage : EXIT.noVerdict;
    default:
      return EXIT.noVerdict;
  }
}
