import { SfpError } from '../../../contracts/error.ts';
import { uuidSchema } from '../../../contracts/scalar.ts';
import type { Schedule } from '../../../contracts/schedule.ts';
import type { Connection } from '../../context/connection.ts';
import { listPages } from '../../context/list-pages.ts';
import { UsageError } from '../../usage-error.ts';

export const scheduleArgument = { schedule: { completes: 'schedule', summary: 'Name or id' } } as const;
export const projectOption = {
  project: {
    type: 'string',
    value: 'slug',
    completes: 'project',
    short: 'p',
    summary: 'The project of the name, by slug or id',
  },
} as const;

/** The schedule with this id, or with this name in the project; `verb` is what the person called. */
export async function findSchedule(
  { api }: Connection,
  nameOrId: string,
  project: string | undefined,
  verb: string,
): Promise<Schedule> {
  if (uuidSchema.safeParse(nameOrId).success) return api.schedules.get(nameOrId, { upcoming: 0 });
  if (project === undefined) {
    throw new UsageError(
      `${nameOrId} is not an id.`,
      `Say of which project: sfp schedule ${verb} ${nameOrId} --project <slug>`,
    );
  }
  const all = await listPages((page) => api.schedules.list(project, page), 1_000);
  const found = all.find(({ name }) => name === nameOrId);
  if (found !== undefined) return found;
  throw new SfpError({
    code: 'schedule_not_found',
    message: `The project ${project} has no schedule ${nameOrId}.`,
    suggestion: `List them: sfp schedule list --project ${project}`,
  });
}
