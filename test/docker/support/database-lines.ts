import { docker } from './docker.ts';

/** What a query prints, line by line, asked as the superuser in the database's container. */
export async function databaseLines(
  tenant: string,
  sql: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const psql = ['psql', '-X', '-q', '-At', '-h', '127.0.0.1', '-U', 'supabase_admin', '-d', 'postgres', '-c', sql];
  return (await docker(['exec', `sfp-${tenant}-db-1`, ...psql], { env })).trim().split('\n');
}
