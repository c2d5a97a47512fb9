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

/** Gives every login role its password; the server only ever sees verifiers. */
export async function setPasswords(client: Client, passwordOf: (role: string) => string): Promise<void> {
  for (const role of loginRoles) {
    await client.query(`alter role ${role} password '${scramVerifier(passwordOf(role))}'`);
  }
}

/** The task engine's database. CREATE DATABASE is atomic by itself, so asking first is enough. */
export async function ensureHatchetDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query(`select from pg_database where datname = 'hatchet'`);
  if (rowCount === 0) await client.query('create database hatchet owner hatchet');
  await client.query('revoke connect, temporary on database hatchet from public');
  await client.query(`alter database hatchet set timezone to 'UTC'`);
}
