import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { z } from 'zod';
import type { StackLayout } from '../../../../stack/layout.ts';
import { rolePassword } from '../../../../stack/role-password.ts';
import type { SecretBook } from './secret-book.ts';

/** What every browser is given, and what is no secret of secrets.json. */
const open = new Set(['publishableKey', 'anonKey', 'anonToken', 'hatchetTenantId', 'databaseAccepts']);
const signingKeySchema = z.object({ d: z.string() });
const contextsSchema = z.object({
  contexts: z.array(
    z.object({
      name: z.string(),
      session: z.object({ accessToken: z.string(), refreshToken: z.string() }).optional(),
      applicationToken: z.string().optional(),
    }),
  ),
});

/** Notes what the stack was made with: its keys, the Vault's, the passwords of the database's roles. */
export async function noteStackSecrets(book: SecretBook, layout: StackLayout, database: pg.Client): Promise<void> {
  const secrets = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(layout.secretsFile, 'utf8')));
  for (const [name, value] of Object.entries(secrets)) {
    if (typeof value === 'string' && !open.has(name)) book.note('key of the stack', name, value);
  }
  book.note('key of the stack', 'jwtSigningKey', signingKeySchema.parse(secrets.jwtSigningKey).d);
  book.note('key of the vault', 'root key', readFileSync(layout.vaultKeyFile, 'utf8').trim());
  const { rows: kept } = await database.query('select name, decrypted_secret as value from vault.decrypted_secrets');
  for (const { name, value } of kept) book.note('key of the vault', String(name), String(value));
  const databasePassword = z.string().parse(secrets.databasePassword);
  const { rows: roles } = await database.query('select rolname from pg_roles where rolcanlogin');
  for (const { rolname } of roles) book.note('password of a role', rolname, rolePassword(databasePassword, rolname));
}

/** Notes the token with which workers speak to the task engine, from the environment of one. */
export function noteEngineToken(book: SecretBook, workerPid: number): void {
  const environment = readFileSync(`/proc/${workerPid}/environ`, 'utf8').split('\0');
  const [, token = ''] = /^[A-Z_]+=(eyJ\S+)$/.exec(environment.find((line) => /TOKEN=eyJ/.test(line)) ?? '') ?? [];
  book.note('key of the stack', 'hatchetToken', token);
}

/** Notes the sessions and tokens that a person's configuration holds now. */
export function noteLogins(book: SecretBook, contextsFile: string): void {
  const { contexts } = contextsSchema.parse(JSON.parse(readFileSync(contextsFile, 'utf8')));
  for (const { name, session, applicationToken } of contexts) {
    if (session !== undefined) {
      book.note('access token', `of ${name}`, session.accessToken);
      book.note('refresh token', `of ${name}`, session.refreshToken);
    }
    if (applicationToken !== undefined) book.note('application token', `of ${name}`, applicationToken);
  }
}
