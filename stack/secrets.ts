import { randomBytes, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { z } from 'zod';
import { SfpError } from '../contracts/error.ts';
import { newApiKey } from './api-keys.ts';
import { readJsonFile, writeJsonFile } from './atomic-file.ts';
import { oauthProviderSchema } from './auth-settings.ts';
import { es256ApiToken, hs256ApiToken, newSigningKey, signingKeySchema } from './jwt-keys.ts';
import type { StackLayout } from './layout.ts';

const secret = z.string().min(1);

/** secrets.json: generated once, 0600, never overwritten, never printed. */
const stackSecretsSchema = z.object({
  version: z.literal(1),
  /** Of every database role that may log in. Hexadecimal, so that it needs no escaping in a URL. */
  databasePassword: secret,
  /** Signs and verifies HS256 tokens (legacy API keys). */
  jwtSecret: secret.min(32),
  /** Signs ES256 tokens: user sessions, and what the gateway puts in place of `sb_` keys. */
  jwtSigningKey: signingKeySchema,
  anonKey: secret,
  serviceRoleKey: secret,
  publishableKey: secret,
  secretKey: secret,
  anonToken: secret,
  serviceRoleToken: secret,
  /** Realtime's image wants these; 16 characters, 64 or more, any. */
  realtimeEncryptionKey: secret.length(16),
  realtimeSecretKeyBase: secret.min(64),
  realtimeMetricsSecret: secret,
  hatchetTokenSecret: secret.min(32),
  hatchetTenantId: z.uuid(),
  /** Written by hand when server.json names a task engine elsewhere: the client token that it gave. */
  hatchetClientToken: secret.optional(),
  dispatchSecret: secret,
  /** First password of the administrator, when init generated it. */
  adminPassword: secret,
  /** Written by hand when server.json configures mail, sign-in providers or SAML (`auth`). */
  smtpPassword: secret.optional(),
  oauthClientSecrets: z.partialRecord(oauthProviderSchema, secret).optional(),
  /** One line of base64: an RSA key of 2048 bits or more, PKCS#1 DER. */
  samlPrivateKey: secret.regex(/^[A-Za-z0-9+/=]+$/).optional(),
});
export type StackSecrets = z.infer<typeof stackSecretsSchema>;

/** A full set of new secrets; `now` in seconds since the epoch is the issue time of the API tokens. */
export function newSecrets(now = Math.floor(Date.now() / 1000)): StackSecrets {
  const jwtSecret = randomBytes(30).toString('base64');
  const jwtSigningKey = newSigningKey();
  return {
    version: 1,
    databasePassword: randomBytes(24).toString('hex'),
    jwtSecret,
    jwtSigningKey,
    anonKey: hs256ApiToken('anon', jwtSecret, now),
    serviceRoleKey: hs256ApiToken('service_role', jwtSecret, now),
    publishableKey: newApiKey('publishable'),
    secretKey: newApiKey('secret'),
    anonToken: es256ApiToken('anon', jwtSigningKey, now),
    serviceRoleToken: es256ApiToken('service_role', jwtSigningKey, now),
    realtimeEncryptionKey: randomBytes(8).toString('hex'),
    realtimeSecretKeyBase: randomBytes(48).toString('base64'),
    realtimeMetricsSecret: randomBytes(24).toString('hex'),
    hatchetTokenSecret: randomBytes(32).toString('base64url'),
    hatchetTenantId: randomUUID(),
    dispatchSecret: randomBytes(24).toString('base64url'),
    adminPassword: randomBytes(18).toString('base64url'),
  };
}

export const readSecrets = (layout: StackLayout): StackSecrets | null =>
  readJsonFile(layout.secretsFile, stackSecretsSchema, {
    code: 'stack_secrets_invalid',
    secret: true,
    suggestion: 'Put the file back from a backup: without it nobody can read what the stack has encrypted and signed.',
  });

export function requireSecrets(layout: StackLayout): StackSecrets {
  const secrets = readSecrets(layout);
  if (secrets !== null) return secrets;
  throw new SfpError({
    code: 'stack_secrets_missing',
    message: `${layout.secretsFile} is missing.`,
    suggestion: `Run \`sfp server init --tenant ${layout.tenant}\` to finish an interrupted init, or put the file back from a backup.`,
  });
}

/** Makes secrets.json unless it exists. */
export function ensureSecrets(layout: StackLayout): StackSecrets {
  const existing = readSecrets(layout);
  if (existing !== null) return existing;
  const secrets = newSecrets();
  writeJsonFile(layout.secretsFile, secrets, 0o600);
  return secrets;
}

/** The file's permission bits when others than the owner may do something with it, else null. */
export function looseSecretsMode(layout: StackLayout): number | null {
  const mode = statSync(layout.secretsFile, { throwIfNoEntry: false })?.mode;
  return mode !== undefined && (mode & 0o077) !== 0 ? mode & 0o777 : null;
}
