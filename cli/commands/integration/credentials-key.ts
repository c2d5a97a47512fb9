import { createClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { SfpError } from '../../../contracts/error.ts';
import { localUrl } from '../../../stack/local-url.ts';
import type { Stack } from '../../../stack/stack.ts';

const timeoutMs = 120_000;

/** Asks the stack's database, with the stack's secret key, for a new key; how many secrets are encrypted under it now. */
export async function rotateCredentialsKey({ settings, secrets }: Stack): Promise<number> {
  const client = createClient(localUrl(settings), secrets.secretKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
  const asked = client.rpc('rotate_credentials_key').abortSignal(AbortSignal.timeout(timeoutMs));
  const { data, error } = await asked;
  if (error === null) return z.number().int().parse(data);
  // What the function itself refuses with.
  if (error.message.startsWith('credential')) {
    throw new SfpError({ code: error.message, message: error.details, suggestion: error.hint });
  }
  throw new SfpError({
    code: 'credentials_key_not_rotated',
    message: 'The stack gave no answer to whether it has a new key.',
    detail: error.message,
    suggestion: `See that it runs, then run this again: sfp server status --tenant ${settings.tenant}`,
  });
}
