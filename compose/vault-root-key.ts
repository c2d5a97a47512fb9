import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SfpError } from '../contracts/error.ts';
import { readTextFile, writeTextFile } from '../stack/atomic-file.ts';
import type { StackLayout } from '../stack/layout.ts';

type VaultPlace = Pick<StackLayout, 'dir' | 'vaultKeyFile'>;

/**
 * The Vault's root key, 64 hexadecimal digits: made once, with the stack's first files, and kept outside the database like the
 * embedded runtime's. One that is gone later is not made anew: what the database holds opens with the lost one only.
 */
export function ensureVaultRootKey({ dir, vaultKeyFile }: VaultPlace): string {
  if (readTextFile(vaultKeyFile) === null && readTextFile(join(dir, 'compose.yaml')) === null) {
    writeTextFile(vaultKeyFile, `${randomBytes(32).toString('hex')}\n`, 0o600);
  }
  return requireVaultRootKey({ vaultKeyFile });
}

/** The same, of a stack that has one. */
export function requireVaultRootKey({ vaultKeyFile: file }: Pick<VaultPlace, 'vaultKeyFile'>): string {
  const existing = readTextFile(file)?.trim();
  if (existing === undefined) {
    throw new SfpError({
      code: 'vault_key_missing',
      message: "The Vault's root key file is missing.",
      detail: `${file} holds the key that opens what the stack's Vault has stored.`,
      suggestion: 'Put the file back from a backup, or restore the stack from one: `sfp server restore`.',
    });
  }
  if (/^[0-9a-fA-F]{64}$/.test(existing)) return existing;
  throw new SfpError({
    code: 'vault_key_invalid',
    message: "The Vault's root key file is damaged.",
    detail: `${file} must hold exactly 64 hexadecimal digits.`,
    suggestion: 'Put the key file of this stack back from a backup.',
  });
}
