import { RestError } from '../rest-error.ts';

/** The `Prefer` header. A preference that is unknown or given twice counts only once, the first time. */
export interface Preferences {
  resolution: 'merge-duplicates' | 'ignore-duplicates' | undefined;
  missing: 'default' | 'null' | undefined;
  return: 'representation' | 'minimal' | 'headers-only' | undefined;
  count: 'exact' | 'planned' | 'estimated' | undefined;
  tx: 'commit' | 'rollback' | undefined;
  handling: 'strict' | 'lenient' | undefined;
  timezone: string | undefined;
  maxAffected: number | undefined;
}
export type PreferenceName = keyof Preferences;

const choices = {
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  missing: ['default', 'null'],
  return: ['representation', 'minimal', 'headers-only'],
  count: ['exact', 'planned', 'estimated'],
  tx: ['commit', 'rollback'],
  handling: ['strict', 'lenient'],
} as const;

function timezoneExists(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Parses the header; with `handling=strict` an invalid preference is refused. */
export function parsePreferences(header: string | undefined): Preferences {
  const given = (header ?? '').split(',').map((part) => part.trim());
  const accepted = new Set<string>();
  const first = <K extends keyof typeof choices>(name: K): (typeof choices)[K][number] | undefined => {
    const options: readonly (typeof choices)[K][number][] = choices[name];
    for (const option of options) accepted.add(`${name}=${option}`);
    for (const text of given) {
      const option = options.find((one) => text === `${name}=${one}`);
      if (option !== undefined) return option;
    }
    return undefined;
  };
  const zone = given.find((text) => text.startsWith('timezone='))?.slice('timezone='.length);
  const timezone = zone !== undefined && timezoneExists(zone) ? zone : undefined;
  const maximum = given.find((text) => text.startsWith('max-affected='))?.slice('max-affected='.length);
  const preferences: Preferences = {
    resolution: first('resolution'),
    missing: first('missing'),
    return: first('return'),
    count: first('count'),
    tx: first('tx'),
    handling: first('handling'),
    timezone,
    maxAffected: maximum !== undefined && /^\d+$/.test(maximum) ? Number(maximum) : undefined,
  };
  const invalid = given.filter(
    (text) =>
      text !== '' &&
      !accepted.has(text) &&
      !text.startsWith('max-affected=') &&
      !(timezone !== undefined && text === `timezone=${timezone}`),
  );
  if (preferences.handling === 'strict' && invalid.length > 0)
    throw new RestError({
      status: 400,
      code: 'PGRST122',
      message: 'Invalid preferences given with handling=strict',
      details: `Invalid preferences: ${invalid.join(', ')}`,
    });
  return preferences;
}

/** The `Preference-Applied` header of an answer that honoured `applied`; undefined when there is nothing to say. */
export function appliedHeader(preferences: Preferences, applied: readonly PreferenceName[]): string | undefined {
  const texts: readonly (readonly [PreferenceName, string | undefined])[] = [
    ['resolution', preferences.resolution],
    ['missing', preferences.missing],
    ['return', preferences.return],
    ['count', preferences.count],
    ['handling', preferences.handling],
    ['timezone', preferences.timezone],
    ['maxAffected', preferences.handling === 'strict' ? preferences.maxAffected?.toString() : undefined],
  ];
  const shown = texts
    .filter(([name, value]) => value !== undefined && applied.includes(name))
    .map(([name, value]) => `${name === 'maxAffected' ? 'max-affected' : name}=${value}`);
  return shown.length === 0 ? undefined : shown.join(', ');
}
