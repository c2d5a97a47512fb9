import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { secret } from './base-environment.ts';

const recordedKid = 'b1b1b1b1-0000-4000-8000-000000000001';

/** The keys of a run: an EC pair under the recorded kid, a pair of a stranger, and GOTRUE_JWT_KEYS in its recorded forms. */
export interface RunKeys {
  ec: JWK;
  stranger: JWK;
  environment(form: 'ec signs' | 'oct signs' | 'ec only'): string;
}

export async function makeKeys(): Promise<RunKeys> {
  const [ec, stranger] = await Promise.all([makePair(), makePair()]);
  const oct = { kty: 'oct', k: Buffer.from(secret).toString('base64url'), alg: 'HS256' };
  const signing = { ...ec, kid: recordedKid, alg: 'ES256', use: 'sig', key_ops: ['sign', 'verify'] };
  const forms = {
    'ec signs': [signing, oct],
    'oct signs': [
      { ...oct, kid: 'legacy', key_ops: ['sign', 'verify'] },
      { ...signing, key_ops: ['verify'] },
    ],
    'ec only': [signing],
  };
  return { ec, stranger, environment: (form) => JSON.stringify(forms[form]) };
}

async function makePair(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return exportJWK(privateKey);
}
