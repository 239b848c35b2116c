/** Migrated and never connected to after that: clones are made of it. */
export const TEMPLATE = 'perf_ci_template';

/** The address `connectionString` with another database in it. URL cannot parse one with an empty host. */
export function withDatabaseName(connectionString: string, database: string): string {
  return connectionString.replace(
    /^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/,
    (_, start: string) => start + database,
  );
}
