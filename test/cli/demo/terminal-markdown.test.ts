import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';

import { renderForTerminal } from '../../../src/cli/demo/terminal-markdown.ts';

const COMMENT = readFileSync(new URL('../../report/golden/regression.txt', import.meta.url), 'utf8');

describe('a comment on a terminal', () => {
  const plain = renderForTerminal(COMMENT, false);
  const lines = plain.split('\n');

  it('has no markup left', () => {
    expect(plain).toMatch(/^❌ Slower: CPU \/ request \+7\.7 % .* on rank-200 /);
    expect(plain).toMatch(/^Certainty: 12 of 12 pairs slower/m);
    expect(plain).not.toMatch(/\*\*|`|\||^#|<\/?\w+>|<!--/m);
    expect(plain).not.toContain('\u001b');
  });

  it('has tables with aligned columns', () => {
    const from = lines.findIndex((line) => line.startsWith('Scenario'));
    const heading = lines[from] ?? '';
    const rows = lines.slice(from + 1, lines.indexOf('', from));

    expect(rows).toHaveLength(3);
    for (const column of ['Metric', 'Base', 'Head', 'Change', 'Limit']) {
      const at = heading.indexOf(column);
      expect(rows.map((row) => row.slice(at - 2, at))).toEqual(['  ', '  ', '  ']);
      expect(rows.map((row) => row.charAt(at))).not.toContain(' ');
    }
  });

  it('has its folds closed', () => {
    expect(lines).toContain('▸ All 5 results');
    expect(lines).toContain('▸ How this was measured');
    expect(plain).not.toMatch(/peak memory|Pinning|Kernel/);
  });

  it('differs with bold by nothing but the weight', () => {
    const bold = renderForTerminal(COMMENT, true);

    expect(bold.startsWith('\u001b[1m❌ Slower')).toBe(true);
    expect(bold).toContain('\u001b[1m+7.7 %\u001b[22m');
    expect(stripVTControlCharacters(bold)).toBe(plain);
  });
});

it('shows where links lead, and hides marks', () => {
  const markdown = '<!-- perf-ci -->\n[The run](http://127.0.0.1/run) is `queued`\n\n\n\nNext: nothing';

  expect(renderForTerminal(markdown, false)).toBe(
    'The run (http://127.0.0.1/run) is queued\n\nNext: nothing',
  );
});
