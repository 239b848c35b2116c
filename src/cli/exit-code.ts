import { PerfCiError, toPerfCiError } from '../domain/errors.ts';

/** 0 no regression · 1 regression · 2 no verdict · 3 usage, configuration or trust error. */
export const EXIT = { pass: 0, regression: 1, noVerdict: 2, usage: 3 } as const;

/** A wrong call or configuration is 3; anything else that kept a verdict from being reached is 2. */
export function exitCodeOf(error: PerfCiError): number {
  return error.blame === 'usage' || error.blame === 'config' ? EXIT.usage : EXIT.noVerdict;
}

/** An error as people see it: what, then what to do; the stack only when LOG_LEVEL asks for it. */
export function describeError(error: unknown, environment: NodeJS.ProcessEnv = process.env): string {
  const known = toPerfCiError(error);
  const lines = [`perf-ci: ${known.message}`];
  if (known.remedy !== undefined) lines.push(`  → ${known.remedy}`);
  lines.push(`  (${known.code})`);
  if (['debug', 'trace'].includes(environment['LOG_LEVEL'] ?? '') && error instanceof Error) {
    lines.push(error.stack ?? '');
  }
  return lines.join('\n');
}
