import { createHash } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { SfpError } from '../../contracts/error.ts';
import { expectSchema, platformSchemaSchema } from '../../contracts/schema-version.ts';
import type { Manifest } from '../backup/manifest.ts';
import { localUrl } from '../local-url.ts';
import type { StackRuntime } from '../runtime.ts';
import type { Stack } from '../stack.ts';
import { readState } from '../state.ts';
import { type AdminSession, signIn } from './administrator.ts';

const stateless = { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } };

const failed = (message: string, detail: string): SfpError =>
  new SfpError({
    code: 'restore_not_proven',
    message,
    detail,
    suggestion: 'Use another backup. If every backup of this stack fails like this, report it with this output.',
  });

/** The restored schema is the backup's or a later one, and this platform can run on it. Asked through the gateway. */
export async function proveSchema({ settings, secrets }: Stack, manifest: Manifest): Promise<void> {
  const { data, error } = await createClient(localUrl(settings), secrets.publishableKey, stateless).rpc(
    'platform_schema',
  );
  if (error !== null) throw failed('The restored stack does not tell its schema.', error.message);
  const found = platformSchemaSchema.parse(data);
  expectSchema(found);
  if (found.version >= manifest.schema.version) return;
  throw failed(
    'The restored schema is not the one of the backup.',
    `${found.version} instead of ${manifest.schema.version}`,
  );
}

/** The Vault opens the canary, and it is the one of the backup: so it opens every other secret. */
export async function proveVault(runtime: StackRuntime, stack: Stack, manifest: Manifest): Promise<void> {
  const canary = await runtime.vaultCanary(stack);
  if (canary !== null && createHash('sha256').update(canary).digest('hex') === manifest.canarySha256) return;
  throw failed(
    'The restored Vault does not hold the canary of the backup.',
    canary === null ? 'it is missing' : 'it differs',
  );
}

/**
 * The administrator logs in with the password that the platform knows. One who chose another cannot be tried: then the
 * auth service must have refused the password, and know the user. Null in that case.
 */
export async function proveLogin(stack: Stack): Promise<AdminSession | null> {
  const { settings, secrets, layout } = stack;
  const email = readState(layout)?.adminEmail ?? null;
  if (email === null) throw failed('The backup does not say who the administrator is.', layout.stateFile);
  try {
    return await signIn(stack, { email, password: secrets.adminPassword });
  } catch (error) {
    if (!(error instanceof SfpError)) throw error;
    if (error.code !== 'admin_password_differs') throw failed('The administrator cannot log in.', error.message);
  }
  const { data, error } = await createClient(localUrl(settings), secrets.secretKey, stateless).auth.admin.listUsers({
    page: 1,
    perPage: 1_000,
  });
  if (error !== null) throw failed('The auth service does not list its users.', error.message);
  if (data.users.some((user) => user.email === email)) return null;
  throw failed('The administrator is not among the restored users.', email);
}
