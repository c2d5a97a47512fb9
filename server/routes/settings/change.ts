import type { z } from 'zod';
import type { updateSettingsSchema } from '../../../contracts/api/settings.ts';
import type { SettingEntries, Settings } from '../../../contracts/settings.ts';
import { updateVersioned } from '../../http/update-versioned.ts';
import { settingsColumns, settingsRowSchema, toSettings } from '../../rows/settings.ts';
import type { Database } from '../../services/database.ts';
import type { FoundSettings } from './find.ts';

type Wanted = z.output<typeof updateSettingsSchema>;

/** What is left out stays, null goes. */
function changed(entries: SettingEntries, wanted: Wanted): SettingEntries {
  const said = Object.entries(wanted).filter(([, value]) => value !== undefined);
  const all = Object.entries({ ...entries, ...Object.fromEntries(said) });
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

export async function changeSettings(
  db: Database,
  { own, ofAccount }: FoundSettings,
  { expected, wanted }: { expected: number | null; wanted: Wanted },
): Promise<Settings> {
  const row = await updateVersioned({
    db,
    table: 'settings',
    key: { id: own.id },
    what: own.project_id === null ? 'settings of the account' : 'settings of the project',
    columns: settingsColumns,
    schema: settingsRowSchema,
    represent: (settings) => toSettings(settings, ofAccount),
    current: own,
    expected,
    changes: { entries: changed(own.entries, wanted) },
  });
  return toSettings(row, ofAccount);
}
