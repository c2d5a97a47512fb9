import { z } from 'zod';
import { oauthProviderSchema } from '../auth-settings.ts';
import { signingKeySchema, verificationKeySchema } from '../jwt-keys.ts';

/** Stands in a file of environment variables, a line each. */
const secret = z
  .string()
  .min(1)
  .regex(/^\P{Cc}*$/u, 'must be one line without control characters');
/** Keys and tokens stand in Kong's Lua, between quotes. */
const token = z.string().regex(/^[A-Za-z0-9_.-]+$/, 'may hold letters, digits, ".", "_" and "-" only');

/** Everything secret of a stack that may come from elsewhere, by the names under which it is supplied. */
export const secretFields = {
  /** Of every database role that may log in. */
  databasePassword: secret,
  /** Signs and verifies HS256 tokens (legacy API keys). */
  jwtSecret: secret.min(32),
  /** Signs ES256 tokens: user sessions, and what the gateway puts in place of `sb_` keys. */
  jwtSigningKey: signingKeySchema,
  anonKey: token,
  serviceRoleKey: token,
  publishableKey: token.regex(/^sb_publishable_/, 'must begin with sb_publishable_'),
  secretKey: token.regex(/^sb_secret_/, 'must begin with sb_secret_'),
  anonToken: token,
  serviceRoleToken: token,
  /** Realtime's image wants these; 16 characters, 64 or more, any. */
  realtimeEncryptionKey: secret.length(16),
  realtimeSecretKeyBase: secret.min(64),
  realtimeMetricsSecret: secret,
  hatchetTokenSecret: secret.min(32),
  hatchetTenantId: z.uuid(),
  dispatchSecret: secret,
  /** First password of the administrator, when init generated it. */
  adminPassword: secret,
};

/** What nobody can generate: of services elsewhere that server.json names. */
const foreignSecretFields = {
  /** The client token that a task engine elsewhere gave. */
  hatchetClientToken: secret.optional(),
  /** For mail, sign-in providers or SAML (`auth` in server.json). */
  smtpPassword: secret.optional(),
  oauthClientSecrets: z.partialRecord(oauthProviderSchema, secret).optional(),
  /** One line of base64: an RSA key of 2048 bits or more, PKCS#1 DER. */
  samlPrivateKey: secret.regex(/^[A-Za-z0-9+/=]+$/).optional(),
};

/** The key that signed sessions before the last rotation: it still verifies them, until they have been refreshed. */
const previousVerificationKey = verificationKeySchema.optional();

/** A full set, from wherever each one comes. */
export const stackSecretsSchema = z.object({
  version: z.literal(1),
  ...secretFields,
  ...foreignSecretFields,
  previousVerificationKey,
});
export type StackSecrets = z.infer<typeof stackSecretsSchema>;

/** What a provider gave: any of them, and nothing else, so that a slip in a name is noticed. */
export const suppliedSecretsSchema = z.strictObject({ ...secretFields, ...foreignSecretFields }).partial();
export type SuppliedSecrets = z.infer<typeof suppliedSecretsSchema>;

export const secretNames = suppliedSecretsSchema.keyof().options;
export type SecretName = (typeof secretNames)[number];

/** A rotation that has begun and is not yet proven; on disk before what it changes. */
const rotationSchema = z.object({
  kind: z.enum(['jwt', 'api-keys', 'db-password']),
  startedAt: z.string(),
  /** What is given up, until it has been shown that it is refused. */
  retired: z
    .object({ anonKey: token, anonToken: token, publishableKey: token, secretKey: token, databasePassword: secret })
    .partial(),
  /** Not in effect before the database has it. */
  next: z.object({ databasePassword: secret }).optional(),
});
export type Rotation = z.infer<typeof rotationSchema>;

/** secrets.json: 0600, never printed; what a provider supplies is not in it. */
export const storedSecretsSchema = z.object({
  version: z.literal(1),
  ...z.object({ ...secretFields, ...foreignSecretFields }).partial().shape,
  previousVerificationKey,
  /** Names that a provider supplied when the stack last started: they are never made up in its place. */
  supplied: z.array(z.enum(secretNames)).optional(),
  rotation: rotationSchema.optional(),
  /** A digest of the supplied database password that the database accepts: tells when another one is supplied. */
  databaseAccepts: z.string().optional(),
});
export type StoredSecrets = z.infer<typeof storedSecretsSchema>;
