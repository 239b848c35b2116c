import type { Queryable } from './pool.ts';

/**
 * A value that this installation makes once and keeps, such as the key of the comment marker. Of many
 * processes that ask at the same time all get the same value.
 */
export async function settingOrMake(db: Queryable, name: string, make: () => string): Promise<string> {
  const found = await readSetting(db, name);
  if (found !== undefined) return found;
  const made = make();
  await db.query(`insert into installation_settings (name, value) values ($1, $2) on conflict do nothing`, [
    name,
    made,
  ]);
  return (await readSetting(db, name)) ?? made;
}

async function readSetting(db: Queryable, name: string): Promise<string | undefined> {
  const { rows } = await db.query<{ value: string }>(
    `select s.value from installation_settings s where s.name = $1`,
    [name],
  );
  return rows[0]?.value;
}
