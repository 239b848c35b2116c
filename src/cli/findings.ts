/** One thing that `doctor` looked at. */
export interface Finding {
  name: string;
  /** `missing`: measuring or reporting does not work without it; `warn`: it works, less well. */
  state: 'ok' | 'warn' | 'missing';
  found: string;
  /** What to do; only where something is to be done. */
  todo?: string;
}

const WORDS: Record<Finding['state'], string> = { ok: 'ok', warn: 'note', missing: 'MISSING' };

/** Findings as aligned lines, what to do below each. */
export function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((finding) => finding.name.length));
  return findings
    .map(({ name, state, found, todo }) => {
      const line = `${WORDS[state].padEnd(7)}  ${name.padEnd(width)}  ${found}`;
      return todo === undefined ? line : `${line}\n${' '.repeat(width + 11)}→ ${todo}`;
    })
    .join('\n');
}
