import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';
import { localUrl } from '../local-url.ts';
import type { Stack } from '../stack.ts';

/** The first user of a stack, owner of the account that is named after the tenant. */
export interface Administrator {
  email: string;
  password: string;
}

export interface AdminSession {
  accessToken: string;
  refreshToken: string;
  /** Seconds since the epoch. */
  expiresAt: number;
  user: { id: string; email: string };
}

const stateless = { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } };

const asService = ({ settings, secrets }: Stack): SupabaseClient =>
  createClient(localUrl(settings), secrets.secretKey, stateless);

const failed = (what: string, reason: string): SfpError =>
  new SfpError({
    code: 'init_failed',
    message: `${what} failed.`,
    detail: reason,
    suggestion: 'The stack keeps what was done. Remove the cause and run the same `sfp server init` again.',
  });

/** Creates the user unless there is one of that address. */
export async function ensureAdministrator(stack: Stack, { email, password }: Administrator): Promise<boolean> {
  const { error } = await asService(stack).auth.admin.createUser({ email, password, email_confirm: true });
  if (error === null) return true;
  if (error.code === 'email_exists') return false;
  throw failed('Making the administrator', error.message);
}

/** A session of the administrator; a wrong password of an earlier init is told as such. */
export async function signIn(stack: Stack, { email, password }: Administrator): Promise<AdminSession> {
  const client = createClient(localUrl(stack.settings), stack.secrets.publishableKey, stateless);
  const { data, error } = await client.auth.signInWithPassword({ email, password });
  if (error !== null) {
    throw new SfpError({
      code: error.code === 'invalid_credentials' ? 'admin_password_differs' : 'init_failed',
      message: `${email} cannot log in: ${error.message}`,
      suggestion: 'An earlier init made this user with another password: give that one, or destroy the stack.',
    });
  }
  const { session, user } = data;
  return {
    accessToken: session.access_token,
    refreshToken: session.refresh_token,
    expiresAt: session.expires_at ?? 0,
    user: { id: user.id, email: user.email ?? email },
  };
}

const accountRows = z.array(z.object({ id: z.uuid() }));

/** The account named after the tenant, made by its owner unless it exists. Returns its id. */
export async function ensureAccount(stack: Stack, { accessToken }: AdminSession): Promise<string> {
  const { tenant } = stack.settings;
  const client = createClient(localUrl(stack.settings), stack.secrets.publishableKey, {
    ...stateless,
    accessToken: () => Promise.resolve(accessToken),
  });
  const found = await client.from('accounts').select('id').eq('slug', tenant);
  if (found.error !== null) throw failed('Looking for the account', found.error.message);
  const existing = accountRows.parse(found.data)[0];
  if (existing !== undefined) return existing.id;
  const made = await client.rpc('create_account', { p_slug: tenant, p_name: tenant });
  if (made.error !== null) throw failed('Making the account', made.error.message);
  const row: unknown = Array.isArray(made.data) ? made.data[0] : made.data;
  return z.object({ id: z.uuid() }).parse(row).id;
}

/** The key that encrypts credentials, in the Vault only. The function leaves an existing one alone. */
export async function ensureCredentialsKey(stack: Stack): Promise<void> {
  const { error } = await asService(stack).rpc('ensure_credentials_key');
  if (error !== null) throw failed('Making the credentials key', error.message);
}
