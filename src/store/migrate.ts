import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { PerfCiError } from '../domain/errors.ts';
import { withUnhurriedClient, type Pool } from './pool.ts';

const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));
const TABLE = 'schema_migrations';

/**
 * Brings the schema up to date. Safe when many processes start at once: an advisory lock lets one work and
 * the others wait. All pending files are applied in one transaction.
 *
 * @returns the names of the files applied by this call, without `.sql`, in order.
 * @throws PerfCiError `migration-failed` with the database's own words.
 */
export async function migrate(pool: Pool): Promise<{ applied: string[] }> {
  const said: string[] = [];
  const note = (message: string): number => said.push(message);
  return withUnhurriedClient(pool, async (client) => {
    try {
      const applied = await runner({
        dbClient: client,
        dir: FOLDER,
        migrationsTable: TABLE,
        direction: 'up',
        checkOrder: true,
        singleTransaction: true,
        advisoryLockMode: 'wait',
        logger: { info: () => undefined, warn: note, error: note },
      });
      return { applied: applied.map((migration) => migration.name) };
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      throw new PerfCiError(
        'migration-failed',
        `expected the files in migrations/ to apply, found: ${found}`,
        {
          remedy:
            'Nothing was changed. A database made by a newer version cannot be used by an older one; otherwise report this error.',
          details: { said },
          cause: error,
        },
      );
    }
  });
}

/** Names of the migrations that this database still lacks, in order. */
export async function pendingMigrations(pool: Pool): Promise<string[]> {
  const known = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .map((name) => name.slice(0, -'.sql'.length))
    .sort();
  const table = await pool.query<{ found: string | null }>(`select to_regclass($1)::text as found`, [TABLE]);
  if (table.rows[0]?.found == null) return known;
  const { rows } = await pool.query<{ name: string }>(`select m.name from ${TABLE} m`);
  const applied = new Set(rows.map((row) => row.name));
  return known.filter((name) => !applied.has(name));
}
