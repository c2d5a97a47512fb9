import { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';
import { serverSettingsSchema } from '../server-settings.ts';
import { closest } from './closest.ts';

/** What cannot be changed once a stack is made, and why. */
const fixed: Readonly<Record<string, string>> = {
  version: 'It is the format of server.json; sfp changes it.',
  tenant: 'It names the stack’s directory, lock and login. Make another stack with `sfp server init` instead.',
  mode: 'It was chosen when the stack was made, and what the stack runs on follows from it.',
  runtime: 'The data of a stack belong to what it runs on. Make another stack with `sfp server init` instead.',
};

const secretNames = /passw|passphrase|_pass$|secret|token|private_?key|api_?key|jwt_keys|credential/i;
export const isSecretName = (name: string): boolean => secretNames.test(name);

function inner(schema: unknown): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return inner(schema.unwrap());
  if (schema instanceof z.ZodType) return schema;
  throw new Error('server.json has a part that this version of zod describes differently');
}

/** The keys below one, each with its schema; null for a value. */
function children(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | null {
  if (schema instanceof z.ZodObject) {
    return Object.fromEntries(Object.entries(schema.shape).map(([name, below]) => [name, inner(below)]));
  }
  if (schema instanceof z.ZodRecord && schema.keyType instanceof z.ZodEnum) {
    const below = inner(schema.valueType);
    return Object.fromEntries(schema.keyType.options.map((name) => [String(name), below]));
  }
  return null;
}

const keysBelow = (schema: z.ZodType, path: readonly string[]): string[] => {
  const below = children(schema);
  if (below === null) return [path.join('.')];
  return Object.entries(below).flatMap(([name, one]) => keysBelow(one, [...path, name]));
};

/** Every setting that is one value, by its path: `pools.standard.slots`. */
export const settingKeys = (): string[] => keysBelow(inner(serverSettingsSchema), []);

/** What a setting, or a group of them, may be. @throws SfpError `setting_unknown` with what was probably meant */
export function settingSchema(key: string): z.ZodType {
  let schema: z.ZodType | undefined = inner(serverSettingsSchema);
  for (const name of key.split('.')) {
    const below: Readonly<Record<string, z.ZodType>> | null = schema === undefined ? null : children(schema);
    schema = below !== null && Object.hasOwn(below, name) ? below[name] : undefined;
  }
  if (schema !== undefined) return schema;
  const top = Object.keys(serverSettingsSchema.shape);
  const meant = closest(key, [...top, ...settingKeys()]);
  throw new SfpError({
    code: 'setting_unknown',
    message: `There is no setting "${key}".`,
    suggestion:
      meant.length > 0
        ? `Did you mean ${meant.join(' or ')}?`
        : `Settings begin with: ${top.join(', ')}. See them with \`sfp server config get\`.`,
  });
}

/** Refuses what no command may set. */
export function assertSettable(key: string): void {
  const names = key.split('.');
  // Where secrets come from is none itself.
  if (key !== 'secrets' && names.some(isSecretName)) throw secretRefusal(key);
  const first = names[0] ?? '';
  const reason = Object.hasOwn(fixed, first) ? fixed[first] : undefined;
  if (reason === undefined) return;
  throw new SfpError({
    code: 'setting_fixed',
    message: `"${key}" cannot be changed after init.`,
    suggestion: reason,
  });
}

export const secretRefusal = (key: string, what: '' | 'The value of' = ''): SfpError =>
  new SfpError({
    code: 'setting_is_secret',
    message: `${`${what} "${key}"`.trim()} looks like a secret, and server.json holds none; nothing was changed.`,
    suggestion: 'Secrets are in secrets.json of the stack (0600), never on a command line.',
  });
