import { SfpError } from '../../contracts/error.ts';
import type { StackLayout } from '../layout.ts';
import { serverCommand } from '../server-command.ts';
import { apiTokenNames, isOf, newApiToken, signerOf } from './api-tokens.ts';
import { generated, providerName, type SecretsProvider } from './provider-settings.ts';
import {
  type SecretName,
  type StackSecrets,
  type StoredSecrets,
  type SuppliedSecrets,
  secretFields,
  stackSecretsSchema,
} from './schema.ts';

interface Sources {
  layout: StackLayout;
  provider: SecretsProvider | undefined;
  stored: StoredSecrets;
  supplied: SuppliedSecrets;
}

/**
 * The secrets that a stack runs with: what is supplied wins over what is stored. Tokens that follow from a supplied key are
 * signed anew when the stored ones are not of that key. Pure but for the time in those.
 */
export function effectiveSecrets(sources: Sources): StackSecrets {
  const { stored, supplied } = sources;
  const gone = noLongerSupplied(sources);
  if (gone.length > 0) throw missing(sources, gone);
  const merged = withTokens({ ...stored, ...supplied }, supplied);
  const absent = requiredNames.filter((name) => merged[name] === undefined);
  if (absent.length > 0) throw missing(sources, absent);
  return stackSecretsSchema.parse(merged);
}

const requiredNames = Object.keys(secretFields) as (keyof typeof secretFields)[]; // the keys of that constant

/** What a provider supplied before and does not now: neither an older value in the file nor a new one can stand for it. */
export function noLongerSupplied({ provider = generated, stored, supplied }: Sources): SecretName[] {
  return (stored.supplied ?? []).filter(
    (name) => supplied[name] === undefined && (provider.provider !== 'generated' || stored[name] === undefined),
  );
}

/** The same secrets with tokens of the keys that they have. */
export function withTokens(secrets: StoredSecrets, supplied: SuppliedSecrets): StoredSecrets {
  const { jwtSecret, jwtSigningKey } = secrets;
  if (jwtSecret === undefined || jwtSigningKey === undefined) return secrets;
  const keys = { jwtSecret, jwtSigningKey };
  const result = { ...secrets };
  for (const name of apiTokenNames) {
    const token = result[name];
    if (token !== undefined && isOf(name, token, keys)) continue;
    if (supplied[name] !== undefined) throw foreignToken(name);
    result[name] = newApiToken(name, keys);
  }
  return result;
}

const foreignToken = (name: (typeof apiTokenNames)[number]): SfpError =>
  new SfpError({
    code: 'secrets_supplied_invalid',
    message: `The supplied ${name} is not signed by ${signerOf(name)}: nothing would accept it.`,
    suggestion: `Supply the ${signerOf(name)} that signed it, or do not supply ${name}: it is made.`,
  });

export function missing({ layout, provider = generated, stored }: Sources, names: readonly SecretName[]): SfpError {
  const before = names.filter((name) => stored.supplied?.includes(name) === true);
  return new SfpError({
    code: before.length > 0 ? 'secret_not_supplied' : 'stack_secrets_invalid',
    message:
      before.length > 0
        ? `${providerName(provider)} does not supply what the stack was made with: ${before.join(', ')}.`
        : `${layout.secretsFile} does not have the expected content.`,
    detail: names.map((name) => `${name}: missing`).join('; '),
    suggestion:
      before.length > 0
        ? `Supply it again, or take it over for good: write it into ${layout.secretsFile} and run \`${serverCommand(layout, 'config set', 'secrets=')}\`.`
        : 'Put the file back from a backup: without it nobody can read what the stack has encrypted and signed.',
  });
}
