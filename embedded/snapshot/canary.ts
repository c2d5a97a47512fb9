import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';

/** A secret that means nothing: if it opens, the Vault's root key is the right one. */
const canaryName = 'sfp_canary';
const rows = z.array(z.object({ value: z.string() }));

/** The canary's value, decrypted; null when the Vault has none. */
export async function readCanary(client: pg.Client): Promise<string | null> {
  try {
    const { rows: found } = await client.query(
      'select decrypted_secret as value from vault.decrypted_secrets where name = $1',
      [canaryName],
    );
    return rows.parse(found)[0]?.value ?? null;
  } catch (error) {
    throw new SfpError(
      {
        code: 'vault_key_wrong',
        message: "The Vault's root key does not open the secrets of this database.",
        detail: error instanceof Error ? error.message : String(error),
        suggestion: 'Key and database must be of the same stack: put back the vault.key that belongs to this data.',
      },
      { cause: error },
    );
  }
}

/** The same, made when there is none. */
export async function ensureCanary(client: pg.Client): Promise<string> {
  const found = await readCanary(client);
  if (found !== null) return found;
  await client.query('select vault.create_secret($1, $2, $3)', [
    randomBytes(32).toString('hex'),
    canaryName,
    'Proves after a restore that the root key fits',
  ]);
  const made = await readCanary(client);
  if (made === null) throw new Error('the canary that was just made is not there');
  return made;
}
