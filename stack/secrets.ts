import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, statSync } from 'node:fs';
import { SfpError } from '../contracts/error.ts';
import { newApiKey } from './api-keys.ts';
import { readJsonFile, writeJsonFile } from './atomic-file.ts';
import { newSigningKey } from './jwt-keys.ts';
import type { StackLayout } from './layout.ts';
import { newApiTokens } from './secrets/api-tokens.ts';
import { effectiveSecrets, missing, noLongerSupplied, withTokens } from './secrets/effective.ts';
import { passwordDigest } from './secrets/password-digest.ts';
import { generated, type SecretsProvider } from './secrets/provider-settings.ts';
import {
  type SecretName,
  type StackSecrets,
  type StoredSecrets,
  type SuppliedSecrets,
  secretNames,
  storedSecretsSchema,
} from './secrets/schema.ts';
import { suppliedSecrets } from './secrets/supplied.ts';
import { serverCommand } from './server-command.ts';

export type { StackSecrets } from './secrets/schema.ts';

/** A full set of new secrets; `now` in seconds since the epoch is the issue time of the API tokens. */
export function newSecrets(now = Math.floor(Date.now() / 1000)): StackSecrets {
  const jwtSecret = randomBytes(30).toString('base64');
  const jwtSigningKey = newSigningKey();
  return {
    version: 1,
    // Hexadecimal, so that it needs no escaping anywhere.
    databasePassword: newDatabasePassword(),
    jwtSecret,
    jwtSigningKey,
    publishableKey: newApiKey('publishable'),
    secretKey: newApiKey('secret'),
    ...newApiTokens({ jwtSecret, jwtSigningKey }, now),
    realtimeEncryptionKey: randomBytes(8).toString('hex'),
    realtimeSecretKeyBase: randomBytes(48).toString('base64'),
    realtimeMetricsSecret: randomBytes(24).toString('hex'),
    hatchetTokenSecret: randomBytes(32).toString('base64url'),
    hatchetTenantId: randomUUID(),
    dispatchSecret: randomBytes(24).toString('base64url'),
    adminPassword: randomBytes(18).toString('base64url'),
  };
}

export const newDatabasePassword = (): string => randomBytes(24).toString('hex');

/** What secrets.json holds; null when there is none. */
export const readStoredSecrets = (layout: StackLayout): StoredSecrets | null =>
  readJsonFile(layout.secretsFile, storedSecretsSchema, {
    code: 'stack_secrets_invalid',
    secret: true,
    suggestion: 'Put the file back from a backup: without it nobody can read what the stack has encrypted and signed.',
  });

export const writeStoredSecrets = (layout: StackLayout, secrets: StoredSecrets): void =>
  writeJsonFile(layout.secretsFile, secrets, 0o600);

export function requireStoredSecrets(layout: StackLayout): StoredSecrets {
  const stored = readStoredSecrets(layout);
  if (stored !== null) return stored;
  throw new SfpError({
    code: 'stack_secrets_missing',
    message: `${layout.secretsFile} is missing.`,
    suggestion: `Run \`${serverCommand(layout, 'init')}\` to finish an interrupted init, or put the file back from a backup.`,
  });
}

/** Makes secrets.json unless it exists, and what is missing in it. What a provider supplies stays out of it. */
export function ensureSecrets(layout: StackLayout, provider?: SecretsProvider): void {
  const stored = readStoredSecrets(layout) ?? { version: 1 as const };
  const supplied = suppliedSecrets(provider ?? generated);
  const gone = noLongerSupplied({ layout, provider, stored, supplied });
  if (gone.length > 0) throw missing({ layout, provider, stored, supplied }, gone);
  // Tokens last: they follow from whichever keys there are then.
  const { anonKey: _a, serviceRoleKey: _s, anonToken: _t, serviceRoleToken: _r, ...fresh } = newSecrets();
  save(layout, stored, withTokens({ ...fresh, ...stored, ...supplied }, supplied), supplied);
}

/**
 * Writes what follows from the supplied secrets as they are now: their names, and the tokens of supplied keys. Makes nothing
 * up, and tightens the file's mode. True when others could read it before.
 */
export function settleSecrets(layout: StackLayout, provider?: SecretsProvider): boolean {
  const loose = looseSecretsMode(layout) !== null;
  if (loose) chmodSync(layout.secretsFile, 0o600);
  const stored = requireStoredSecrets(layout);
  const supplied = suppliedSecrets(provider ?? generated);
  save(layout, stored, effectiveSecrets({ layout, provider, stored, supplied }), supplied);
  return loose;
}

function save(layout: StackLayout, before: StoredSecrets, all: StoredSecrets, supplied: SuppliedSecrets): void {
  const names = secretNames.filter((name) => supplied[name] !== undefined);
  const kept = without(all, names);
  // A value from before it was supplied stays: the database may still have it, and `rotate db-password` needs it then.
  const older = Object.fromEntries(names.flatMap((name) => (before[name] === undefined ? [] : [[name, before[name]]])));
  const next: StoredSecrets = storedSecretsSchema.parse({
    ...kept,
    ...older,
    ...(before.rotation === undefined ? {} : { rotation: before.rotation }),
    ...(names.length === 0 ? {} : { supplied: names }),
    ...accepted(before, supplied),
  });
  if (JSON.stringify(next) !== JSON.stringify(before)) writeStoredSecrets(layout, next);
}

/** A stack that never had another database password is made with the supplied one. */
function accepted(
  before: StoredSecrets,
  { databasePassword }: SuppliedSecrets,
): Pick<StoredSecrets, 'databaseAccepts'> {
  if (before.databaseAccepts !== undefined) return { databaseAccepts: before.databaseAccepts };
  if (databasePassword === undefined || before.databasePassword !== undefined) return {};
  return { databaseAccepts: passwordDigest(databasePassword) };
}

const without = (secrets: StoredSecrets, names: readonly SecretName[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(secrets).filter(([name]) => !names.some((one) => one === name)));

/** The file's permission bits when others than the owner may do something with it, else null. */
export function looseSecretsMode(layout: StackLayout): number | null {
  const mode = statSync(layout.secretsFile, { throwIfNoEntry: false })?.mode;
  return mode !== undefined && (mode & 0o077) !== 0 ? mode & 0o777 : null;
}
