import { readConfig } from '../config.ts';
import { migrate } from '../store/migrate.ts';
import { EXIT } from './exit-code.ts';
import { withDatabase } from './with-database.ts';

/** `perf-ci migrate`. @returns the exit code */
export async function runMigrate(): Promise<number> {
  const { applied } = await withDatabase(readConfig(process.env), (pool) => migrate(pool));
  process.stdout.write(
    applied.length === 0
      ? 'the schema is up to date\n'
      : `applied:\n${applied.map((name) => `  ${name}\n`).join('')}`,
  );
  return EXIT.pass;
}
