import { readConfig } from '../config.ts';
import { findViolations } from '../store/fsck.ts';
import { EXIT } from './exit-code.ts';
import { withDatabase } from './with-database.ts';

/** `perf-ci fsck`: 0 when every promise is kept, 2 when one is broken. */
export async function runFsck(): Promise<number> {
  const violations = await withDatabase(readConfig(process.env), (pool) => findViolations(pool));
  for (const { invariant, detail } of violations) process.stdout.write(`${invariant}: ${detail}\n`);
  process.stdout.write(`${violations.length} promises broken\n`);
  return violations.length === 0 ? EXIT.pass : EXIT.noVerdict;
}
