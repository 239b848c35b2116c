import { createInterface } from 'node:readline';

import { judgeLines } from '../analyse/judge-lines.ts';
import { PerfCiError } from '../domain/errors.ts';
import { EXIT } from './exit-code.ts';

/** `perf-ci judge`: JSON lines in, JSON lines out. @returns 1 when anything regressed, 2 when nothing was decided */
export async function runJudge(options: { threshold: string }): Promise<number> {
  const percent = Number(options.threshold);
  if (!(percent >= 0.1 && percent <= 100)) {
    throw new PerfCiError(
      'bad-threshold',
      `--threshold: percent between 0.1 and 100 expected, found ${options.threshold}`,
      {
        blame: 'usage',
      },
    );
  }
  const threshold = percent / 100;
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  const words = new Set<string>();
  for await (const judged of judgeLines(lines, {
    gates: [{ metric: 'cpu_per_request', threshold }],
    cases: { tolerance: threshold },
  })) {
    process.stdout.write(`${JSON.stringify(judged)}\n`);
    // Of recorded trials only gating verdicts decide; bare cases all do.
    if (judged.detail === undefined || judged.detail.threshold !== undefined) words.add(judged.verdict);
  }
  if (words.has('regressed')) return EXIT.regression;
  return words.has('inconclusive') ? EXIT.noVerdict : EXIT.pass;
}
