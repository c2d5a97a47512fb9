import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StackLayout } from '../../stack/layout.ts';
import type { Stack } from '../../stack/stack.ts';
import { postgresDataDir } from '../stack-end.ts';
import { linkName } from '../vault/root-key.ts';
import { ensureCanary, readCanary } from './canary.ts';
import { withDatabase } from './database-access.ts';

/** The canary of a stack, as its own Vault decrypts it. */
export const vaultCanary = (stack: Stack, { make } = { make: false }): Promise<string | null> =>
  withDatabase(stack, async (access) => {
    const client = await access.connect();
    return (make ? ensureCanary(client) : readCanary(client)).finally(() => client.end());
  });

/** Of the key that the database reads, through the link in its data directory. */
export async function vaultKeyDigest(layout: StackLayout): Promise<string> {
  const key = (await readFile(join(postgresDataDir(layout), linkName), 'utf8')).trim();
  return createHash('sha256').update(key).digest('hex');
}
