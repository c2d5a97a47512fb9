/** What changes by itself in a stack that nobody uses, or by proving that it works. */
const volatile = [
  'auth.audit_log_entries',
  'auth.sessions',
  'auth.refresh_tokens',
  'auth.mfa_amr_claims',
  'private.outbox',
  // The day's sample is taken some seconds after a start.
  'private.size_samples',
];

const tableNames = `select schemaname || '.' || tablename from pg_tables
  where schemaname in ('public', 'auth', 'private') and schemaname || '.' || tablename <> all
  (array[${volatile.map((name) => `'${name}'`).join(', ')}]) order by 1`;

/**
 * For each table of the platform its rows, in an order of their own, as one hash.
 * @param query a query with one column of text, as the database's superuser
 */
export async function tableDigests(query: (sql: string) => Promise<string[]>): Promise<string[]> {
  const names = await query(tableNames);
  const digests = names.map(
    (name) => `select '${name} ' || count(*) || ' ' ||
      coalesce(md5(string_agg(to_jsonb(t)::text, E'\\n' order by to_jsonb(t)::text)), '') from ${name} t`,
  );
  // A union comes in any order, and the end of a line may be lost on its way through a shell.
  return (await query(digests.join(' union all '))).map((line) => line.trim()).sort();
}

/** What is left to compare between two versions: each has migrations of its own. */
export const acrossVersions = (digests: readonly string[]): string[] =>
  digests.filter((line) => !/^private\.(migrations|next_version) /.test(line));
