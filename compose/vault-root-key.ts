import { randomBytes } from 'node:crypto';
import { SfpError } from '../contracts/error.ts';
import { readTextFile, writeTextFile } from '../stack/atomic-file.ts';

/** The Vault's root key, 64 hexadecimal digits: made once, kept outside the database like the embedded runtime's. */
export function ensureVaultRootKey(file: string): string {
  const existing = readTextFile(file)?.trim();
  if (existing === undefined) {
    const key = randomBytes(32).toString('hex');
    writeTextFile(file, `${key}\n`, 0o600);
    return key;
  }
  if (/^[0-9a-fA-F]{64}$/.test(existing)) return existing;
  throw new SfpError({
    code: 'vault_key_invalid',
    message: "The Vault's root key file is damaged.",
    detail: `${file} must hold exactly 64 hexadecimal digits.`,
    suggestion: 'Put the key file of this stack back from a backup.',
  });
}
