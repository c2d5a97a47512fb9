import { createHash, randomBytes } from 'node:crypto';

/** A kind of secret that its text tells: application tokens, invitation codes. */
export interface TypedSecret {
  readonly prefix: string;
  make(): string;
  /** True for a well-formed one with a right checksum; says nothing about whether the server knows it. */
  is(text: string): boolean;
  /** The first characters, enough to tell two apart in a list and useless to a thief. */
  hint(text: string): string;
}

/**
 * `prefix` + 32 base64url characters (192 random bits) + 6 hexadecimal digits of a checksum, so that a scanner and the
 * CLI recognise one, also a mistyped one, without asking the server.
 */
export function typedSecret(prefix: string): TypedSecret {
  const pattern = new RegExp(`^${prefix}([A-Za-z0-9_-]{32})([0-9a-f]{6})$`);
  const checksum = (random: string): string =>
    createHash('sha256').update(`${prefix}${random}`).digest('hex').slice(0, 6);
  return {
    prefix,
    make() {
      const random = randomBytes(24).toString('base64url');
      return `${prefix}${random}${checksum(random)}`;
    },
    is(text) {
      const match = pattern.exec(text);
      return match?.[1] !== undefined && checksum(match[1]) === match[2];
    },
    hint: (text) => text.slice(0, prefix.length + 4),
  };
}

/** Hex SHA-256: all that the database keeps of a secret. 192 random bits need no slow hash. */
export const secretHash = (text: string): string => createHash('sha256').update(text).digest('hex');
