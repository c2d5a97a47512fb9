import {
  type SettingEntries,
  type SettingName,
  type Settings,
  settingNames,
  settingRules,
} from '../../contracts/settings.ts';
import { durationMs } from '../input/duration.ts';
import type { TextView } from '../output/output.ts';
import { table } from '../output/table.ts';
import { UsageError } from '../usage-error.ts';

export type SettingsUpdate = { [Name in SettingName]?: SettingEntries[Name] | null };

const isName = (text: string): text is SettingName => settingNames.some((name) => name === text);

function numberOf(name: SettingName, text: string): number | null {
  if (text === '') return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (name.endsWith('Seconds')) return Math.round(durationMs(text, name) / 1_000);
  throw new UsageError(`${name}=${text} is no number.`, 'Write a whole number, or nothing to take it back.');
}

/** What `key=value …` asks for; an empty value takes back what was said. */
export function settingsUpdateOf(texts: readonly string[]): SettingsUpdate {
  if (texts.length === 0) throw new UsageError('Nothing to set.', 'For example: artifactRetentionDays=30');
  const entries = texts.map((text) => {
    const [name = '', ...rest] = text.split('=');
    if (rest.length === 0) throw new UsageError(`${text} has no value.`, 'Write it as key=value.');
    if (!isName(name)) throw new UsageError(`There is no setting ${name}.`, `There are: ${settingNames.join(', ')}`);
    return [name, numberOf(name, rest.join('='))] as const;
  });
  return Object.fromEntries(entries);
}

/** What holds and who says so; only the named ones when any are named. */
export function settingsView({ effective }: Settings, named: readonly string[] = []): TextView {
  const unknown = named.find((name) => !isName(name));
  if (unknown !== undefined) {
    throw new UsageError(`There is no setting ${unknown}.`, `There are: ${settingNames.join(', ')}`);
  }
  return table(
    [
      { title: 'setting', value: (name) => name },
      { title: 'value', value: (name) => String(effective[name].value) },
      { title: 'from', value: (name) => effective[name].source },
      { title: '', value: (name) => settingRules[name].summary },
    ],
    settingNames.filter((name) => named.length === 0 || named.includes(name)),
    '',
  );
}

/** `get` or `set`. */
export function settingsAction(command: string, action: string): 'get' | 'set' {
  if (action === 'get' || action === 'set') return action;
  throw new UsageError(`There is no "sfp ${command} ${action}".`, 'Say get or set.');
}
