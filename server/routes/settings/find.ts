import { z } from 'zod';
import type { SettingEntries } from '../../../contracts/settings.ts';
import { listCommands } from '../../http/list-commands.ts';
import { notFound } from '../../http/problem.ts';
import { type SettingsRow, settingsColumns, settingsRowSchema } from '../../rows/settings.ts';
import { type Database, fetchRows } from '../../services/database.ts';

export interface FoundSettings {
  own: SettingsRow;
  ofAccount: SettingEntries;
}

/** The settings of a project, with its account's; of the account itself when no project is given. */
export async function findSettings(db: Database, accountId: string, projectId?: string): Promise<FoundSettings> {
  const query = db.from('settings').select(settingsColumns).eq('account_id', accountId);
  const narrowed =
    projectId === undefined ? query.is('project_id', null) : query.or(`project_id.is.null,project_id.eq.${projectId}`);
  const rows = await fetchRows(narrowed, z.array(settingsRowSchema));
  const own = rows.find(({ project_id }) => project_id === (projectId ?? null));
  if (own === undefined) throw notFound(`account: ${accountId}`, listCommands.accounts);
  return { own, ofAccount: rows.find(({ project_id }) => project_id === null)?.entries ?? {} };
}
