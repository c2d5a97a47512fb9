import { readFileSync } from 'node:fs';
import pg from 'pg';
import { z } from 'zod';
import { stackLayout } from '../../../stack/layout.ts';
import { rolePassword } from '../../../stack/role-password.ts';

const filesSchema = z.object({ ports: z.object({ postgres: z.number() }) });
const secretsSchema = z.object({ databasePassword: z.string() });

/** A connection to a running stack as its superuser; the caller ends it. */
export async function superuser(baseDir: string, tenant: string, database = 'postgres'): Promise<pg.Client> {
  const layout = stackLayout(baseDir, tenant);
  const { ports } = filesSchema.parse(JSON.parse(readFileSync(layout.serverFile, 'utf8')));
  const { databasePassword } = secretsSchema.parse(JSON.parse(readFileSync(layout.secretsFile, 'utf8')));
  const client = new pg.Client({
    host: '127.0.0.1',
    port: ports.postgres,
    user: 'supabase_admin',
    database,
    password: rolePassword(databasePassword, 'supabase_admin'),
  });
  await client.connect();
  return client;
}

/** Rows of a query as the superuser of a running stack. */
export async function stackRows(
  baseDir: string,
  tenant: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = await superuser(baseDir, tenant);
  return client
    .query(sql, [...values])
    .then(({ rows }) => rows)
    .finally(() => client.end());
}
