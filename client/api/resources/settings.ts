import type { updateSettingsSchema } from '../../../contracts/api/settings.ts';
import { settingsSchema } from '../../../contracts/settings.ts';
import { at, type Body, type Changing, type Http, type InAccount } from '../request.ts';

type Update = Body<typeof updateSettingsSchema>;

/** Of the account, which hold for its projects, and of a project. Null in an update takes back what was said. */
export const settings = (http: Http) => ({
  ofAccount: (query: InAccount = {}) =>
    http({ method: 'GET', path: '/settings', query: { ...query }, answer: settingsSchema }),
  updateAccount: (body: Update, { version, ...query }: Changing & InAccount) =>
    http({ method: 'PATCH', path: '/settings', query: { ...query }, body, version, answer: settingsSchema }),
  ofProject: (project: string) =>
    http({ method: 'GET', path: at('projects', project, 'settings'), answer: settingsSchema }),
  updateProject: (project: string, body: Update, { version }: Changing) =>
    http({ method: 'PATCH', path: at('projects', project, 'settings'), body, version, answer: settingsSchema }),
});
