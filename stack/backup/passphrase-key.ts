import { createHmac, hkdfSync, randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';

/** How a backup's key follows from its passphrase, and a value by which a wrong passphrase is told. In the clear. */
export const encryptionSchema = z.strictObject({
  cipher: z.literal('aes-256-gcm'),
  kdf: z.literal('scrypt'),
  // Bounds, because a foreign manifest decides how much memory is taken.
  cost: z.number().int().min(2).max(1_048_576),
  blockSize: z.number().int().min(1).max(8),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  check: z.string().regex(/^[0-9a-f]{32}$/),
});
export type Encryption = z.infer<typeof encryptionSchema>;

/** What a passphrase gives: one key for the files and one for the manifest's seal. */
export interface BackupKey {
  encryption: Encryption;
  files: Buffer;
  seal: Buffer;
}

const shortestPassphrase = 8;
const cost = 131_072;
const blockSize = 8;

/** A key for a new backup. */
export function newBackupKey(passphrase: string): Promise<BackupKey> {
  if (passphrase.length < shortestPassphrase) {
    throw new SfpError({
      code: 'passphrase_too_short',
      message: `The passphrase has fewer than ${shortestPassphrase} characters.`,
      suggestion: 'Choose a longer one, and keep it apart from the backup: nobody can open the backup without it.',
    });
  }
  return derive(passphrase, { cost, blockSize, salt: randomBytes(16).toString('hex') });
}

/** The key of an existing backup. */
export async function openBackupKey(passphrase: string, encryption: Encryption): Promise<BackupKey> {
  const key = await derive(passphrase, encryption);
  if (key.encryption.check === encryption.check) return key;
  throw new SfpError({
    code: 'backup_passphrase_wrong',
    message: 'That is not the passphrase of this backup.',
    suggestion: 'Give the passphrase that was used when the backup was made.',
  });
}

async function derive(
  passphrase: string,
  parameters: Pick<Encryption, 'cost' | 'blockSize' | 'salt'>,
): Promise<BackupKey> {
  const { cost: N, blockSize: r, salt } = parameters;
  const root = await new Promise<Buffer>((resolve, reject) => {
    const options = { N, r, p: 1, maxmem: 130 * N * r + 1_048_576 };
    scrypt(passphrase.normalize('NFKC'), Buffer.from(salt, 'hex'), 32, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
  const part = (name: string): Buffer => Buffer.from(hkdfSync('sha256', root, '', `sfp backup ${name}`, 32));
  const check = createHmac('sha256', part('check')).update('passphrase').digest('hex').slice(0, 32);
  const encryption: Encryption = { cipher: 'aes-256-gcm', kdf: 'scrypt', cost: N, blockSize: r, salt, check };
  return { encryption, files: part('files'), seal: part('seal') };
}
