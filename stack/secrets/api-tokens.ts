import { SfpError } from '../../contracts/error.ts';
import { type ApiRole, es256ApiToken, hs256ApiToken, isEs256By, isHs256By, type SigningKey } from '../jwt-keys.ts';

interface Keys {
  jwtSecret: string;
  jwtSigningKey: SigningKey;
}

/** The tokens that follow from the keys: who signs each, and how it is told whose it is. */
const signed = {
  anonKey: { role: 'anon', by: 'jwtSecret' },
  serviceRoleKey: { role: 'service_role', by: 'jwtSecret' },
  anonToken: { role: 'anon', by: 'jwtSigningKey' },
  serviceRoleToken: { role: 'service_role', by: 'jwtSigningKey' },
} as const satisfies Record<string, { role: ApiRole; by: keyof Keys }>;

export type ApiTokenName = keyof typeof signed;
export const apiTokenNames = Object.keys(signed) as ApiTokenName[]; // the keys of the constant above
export type ApiTokens = Record<ApiTokenName, string>;

export const signerOf = (name: ApiTokenName): keyof Keys => signed[name].by;

/** New ones; `now` in seconds since the epoch is their issue time. */
export const newApiTokens = (keys: Keys, now = Math.floor(Date.now() / 1000)): ApiTokens => ({
  anonKey: newApiToken('anonKey', keys, now),
  serviceRoleKey: newApiToken('serviceRoleKey', keys, now),
  anonToken: newApiToken('anonToken', keys, now),
  serviceRoleToken: newApiToken('serviceRoleToken', keys, now),
});

export function newApiToken(name: ApiTokenName, keys: Keys, now = Math.floor(Date.now() / 1000)): string {
  const { role, by } = signed[name];
  return withKey(() =>
    by === 'jwtSecret' ? hs256ApiToken(role, keys.jwtSecret, now) : es256ApiToken(role, keys.jwtSigningKey, now),
  );
}

/** Whether a token was signed by these keys. */
export const isOf = (name: ApiTokenName, token: string, keys: Keys): boolean =>
  withKey(() =>
    signed[name].by === 'jwtSecret' ? isHs256By(keys.jwtSecret, token) : isEs256By(keys.jwtSigningKey, token),
  );

function withKey<Result>(use: () => Result): Result {
  try {
    return use();
  } catch {
    // Node's own error is no cause: what it says about a key is not for a log.
    throw new SfpError({
      code: 'jwt_signing_key_invalid',
      message: 'jwtSigningKey is no P-256 key: x, y and d do not belong together.',
      suggestion: 'Supply a private JWK of curve P-256 with alg ES256, use sig and a kid of its own.',
    });
  }
}
