import { z } from 'zod';
import { stackRows } from './stack-database.ts';

/** What changes by itself in a stack that nobody uses, or by proving that it works. */
const volatile = [
  'auth.audit_log_entries',
  'auth.sessions',
  'auth.refresh_tokens',
  'auth.mfa_amr_claims',
  'private.migrations',
  'private.outbox',
  'private.next_version',
];

/** For each table of the platform its rows, in an order of their own, as one hash. */
export async function stackDigest(baseDir: string, tenant: string): Promise<Record<string, string>> {
  const tables = z
    .array(z.object({ name: z.string() }))
    .parse(
      await stackRows(
        baseDir,
        tenant,
        `select schemaname || '.' || tablename as name from pg_tables
         where schemaname in ('public', 'auth', 'private') and schemaname || '.' || tablename <> all ($1) order by 1`,
        [volatile],
      ),
    )
    .map(({ name }) => name);
  const digests: Record<string, string> = {};
  for (const table of tables) {
    const [row] = await stackRows(
      baseDir,
      tenant,
      `select count(*) || ' ' || coalesce(md5(string_agg(to_jsonb(t)::text, E'\\n' order by to_jsonb(t)::text)), '') as digest from ${table} t`,
    );
    digests[table] = z.object({ digest: z.string() }).parse(row).digest;
  }
  return digests;
}
