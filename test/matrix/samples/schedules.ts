import { later, type Sample, slug } from './sample.ts';

let minute = 0;
const moment = (): string => new Date(Date.UTC(2030, 0, 1, 0, ++minute)).toISOString();

export const schedules = {
  schedules: {
    existing: async (world) => ({ id: await world.newSchedule() }),
    fresh: (world) => ({ project_id: world.project, environment_id: world.environment, name: slug(), at: later }),
    patch: { enabled: false },
  },
  schedule_runs: {
    existing: async (world) =>
      world.insert(
        `insert into public.schedule_runs (account_id, schedule_id, scheduled_for, outcome) values ($1, $2, $3, 'skipped') returning id`,
        [world.account, await world.newSchedule(), moment()],
      ),
    fresh: async (world) => ({
      account_id: world.account,
      schedule_id: await world.newSchedule(),
      scheduled_for: moment(),
      outcome: 'made',
    }),
    patch: { moments: 2 },
  },
} satisfies Record<string, Sample>;
