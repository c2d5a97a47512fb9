import type { Client } from 'pg';
import { scramVerifier } from './scram.ts';

/** The roles that processes of a stack log in as. */
const loginRoles = [
  'supabase_admin',
  'postgres',
  'authenticator',
  'pgbouncer',
  'supabase_auth_admin',
  'supabase_storage_admin',
  'supabase_functions_admin',
  'hatchet',
] as const;

/** What gives every login role its password; the server only ever sees verifiers. */
export const passwordStatements = (passwordOf: (role: string) => string): string[] =>
  loginRoles.map((role) => `alter role ${role} password '${scramVerifier(passwordOf(role))}'`);

export async function setPasswords(client: Client, passwordOf: (role: string) => string): Promise<void> {
  for (const statement of passwordStatements(passwordOf)) await client.query(statement);
}

/** The task engine's database. CREATE DATABASE is atomic by itself, so asking first is enough. */
export async function ensureHatchetDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query(`select from pg_database where datname = 'hatchet'`);
  if (rowCount === 0) await client.query('create database hatchet owner hatchet');
  await client.query('revoke connect, temporary on database hatchet from public');
  await client.query(`alter database hatchet set timezone to 'UTC'`);
}
