import { SfpError } from '../../contracts/error.ts';
import { type DatabaseSession, StatementError } from '../database-session.ts';

/** A secret that means nothing: if it opens, the Vault's root key is the right one. */
const canaryName = 'sfp_canary';

/** The canary's value, decrypted; null when the Vault has none. */
export async function readCanary(session: DatabaseSession): Promise<string | null> {
  try {
    const found = await session.query(
      `select decrypted_secret from vault.decrypted_secrets where name = '${canaryName}'`,
    );
    return found === '' ? null : found;
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    throw new SfpError(
      {
        code: 'vault_key_wrong',
        message: "The Vault's root key does not open the secrets of this database.",
        detail: error.message,
        suggestion: 'Key and database must be of the same stack: put back the vault.key that belongs to this data.',
      },
      { cause: error },
    );
  }
}

/** The same, made when there is none. */
export async function ensureCanary(session: DatabaseSession): Promise<string> {
  const found = await readCanary(session);
  if (found !== null) return found;
  await session.query(`select vault.create_secret(
    replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), '${canaryName}',
    'Proves after a restore that the root key fits')`);
  const made = await readCanary(session);
  if (made === null) throw new Error('the canary that was just made is not there');
  return made;
}
