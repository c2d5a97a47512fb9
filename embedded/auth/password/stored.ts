import * as crypto from 'node:crypto';
import { promisify } from 'node:util';
import type { Hasher } from './hasher.ts';

const argon2Pattern = /^\$(argon2id|argon2i)\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const bcryptPattern = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/;
/** A hash of nothing anyone knows: an unknown address costs the same time as a wrong password. */
const nobody = '$2a$10$CwTycUXWue0Thq9StjUM0uJ8.7Vq0e1rC0oWqmJ0r4O5KpGrmGr7C';

/** True for a hash that a password can be checked against: bcrypt, or argon2 in its usual text form. */
export const isPasswordHash = (hash: string): boolean => bcryptPattern.test(hash) || argon2Pattern.test(hash);

/** Does the password belong to the stored hash? `null` (no such user, no password) takes as long and is false. */
export async function passwordMatches(hasher: Hasher, password: string, hash: string | null): Promise<boolean> {
  if (hash !== null && argon2Pattern.test(hash)) return argon2Matches(password, hash);
  const usable = hash !== null && bcryptPattern.test(hash);
  const matches = await hasher.matches(password, usable ? hash : nobody);
  return usable && matches;
}

async function argon2Matches(password: string, hash: string): Promise<boolean> {
  const [, algorithm, memory, passes, parallelism, salt, tag] = argon2Pattern.exec(hash) ?? [];
  // Node has argon2 since 24.7; on an older one such a user cannot sign in until a new password is set.
  if (typeof crypto.argon2 !== 'function' || salt === undefined || tag === undefined) return false;
  const expected = Buffer.from(tag, 'base64');
  const actual = await promisify(crypto.argon2)(algorithm === 'argon2i' ? 'argon2i' : 'argon2id', {
    message: password,
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  });
  return crypto.timingSafeEqual(actual, expected);
}
