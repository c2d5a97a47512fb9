import { z } from 'zod';
import { SfpError } from '../../../contracts/error.ts';

const ecKeySchema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string().optional(),
  kid: z.string().optional(),
  use: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
});
const octKeySchema = z.object({
  kty: z.literal('oct'),
  k: z.string(),
  kid: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
});
const keySchema = z.discriminatedUnion('kty', [ecKeySchema, octKeySchema]);
export type Key = z.infer<typeof keySchema>;
export type EcKey = z.infer<typeof ecKeySchema>;

/** The keys of an instance: the ones of GOTRUE_JWT_KEYS (exactly one signs), and the legacy secret. */
export interface KeyMaterial {
  keys: Key[];
  /** Absent: GOTRUE_JWT_SECRET signs. */
  signing: Key | undefined;
  secret: Uint8Array;
}

const suggestion =
  'GOTRUE_JWT_KEYS is a JSON array of JWKs (EC P-256 or oct), exactly one of them with "sign" in key_ops; leave it unset to sign with GOTRUE_JWT_SECRET.';

/** Parses GOTRUE_JWT_KEYS. No failure quotes the value, which holds a private key. */
export function parseKeyMaterial(text: string | undefined, secret: string): KeyMaterial {
  const bytes = new TextEncoder().encode(secret);
  if (text === undefined) return { keys: [], signing: undefined, secret: bytes };
  const keys = parseKeys(text);
  const signing = keys.filter((key) => key.key_ops?.includes('sign') === true);
  if (keys.length === 0) return { keys, signing: undefined, secret: bytes };
  if (signing.length !== 1)
    throw new SfpError({
      code: 'jwt_keys_invalid',
      message:
        signing.length === 0 ? 'No key of GOTRUE_JWT_KEYS signs.' : 'More than one key of GOTRUE_JWT_KEYS signs.',
      suggestion,
    });
  return { keys, signing: signing[0], secret: bytes };
}

function parseKeys(text: string): Key[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, so it is not passed on as a cause.
    throw new SfpError({ code: 'jwt_keys_invalid', message: 'GOTRUE_JWT_KEYS is not JSON.', suggestion });
  }
  const parsed = z.array(keySchema).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SfpError({
    code: 'jwt_keys_invalid',
    message: 'GOTRUE_JWT_KEYS is not an array of EC P-256 or oct keys.',
    detail: parsed.error.issues.map((issue) => issue.path.join('.')).join(', '),
    suggestion,
  });
}
