import type { ServerSettings } from '../server-settings.ts';
import { isSecretName, settingSchema } from './setting-key.ts';

const hidden = '(hidden)';

/** The value without what a person put in that is a secret: env of a role by its name, the password of a URL. */
export function shown(value: unknown): unknown {
  if (typeof value === 'string') return withoutPassword(value);
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      typeof one === 'string' && isSecretName(name) ? hidden : shown(one),
    ]),
  );
}

export const holdsSecret = (value: unknown): boolean => JSON.stringify(shown(value)) !== JSON.stringify(value);

const withoutPassword = (text: string): string =>
  text.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/:@\s]*):[^@/\s]+@/i, `$1:${hidden}@`);

/** What the setting is, shown; undefined when it is not set. @throws SfpError `setting_unknown` */
export function settingValue(settings: ServerSettings, key: string): unknown {
  settingSchema(key);
  let value: unknown = shown(settings);
  for (const name of key.split('.')) value = entries(value).find(([one]) => one === name)?.[1];
  return value;
}

/** Each value with its path, shown. Lists are one value, as `config set` takes them; empty groups are left out. */
export const flatSettings = (settings: ServerSettings): [string, string][] => flat(shown(settings), '');

const flat = (value: unknown, path: string): [string, string][] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  }
  return entries(value).flatMap(([name, one]) => flat(one, path === '' ? name : `${path}.${name}`));
};

const entries = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
