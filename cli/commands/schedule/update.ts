import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { futureMoment } from '../../input/future-moment.ts';
import { UsageError } from '../../usage-error.ts';
import { findSchedule, projectOption, scheduleArgument } from './find-schedule.ts';
import { scheduleLine } from './schedule-view.ts';
import { timeOptions } from './time-options.ts';

export const command = defineCommand({
  description:
    'What is left out stays. From then on it acts in your name. A new time counts from now. When somebody else changed the schedule meanwhile, nothing happens and both versions are shown.',
  args: scheduleArgument,
  options: {
    ...projectOption,
    name: { type: 'string', value: 'name', summary: 'The new name' },
    ...timeOptions,
    defaultRef: { type: 'flag', summary: 'The project’s default ref again, in the place of --ref' },
    ifVersion: { type: 'integer', value: 'number', min: 1, summary: 'Only when it still is this version' },
  },
  examples: ['sfp schedule update nightly --project site --cron "0 4 * * 1-5"'],
  async run(context) {
    const { args, options, output } = context;
    const { name, environment, ref, cron, timezone, missed, pool, defaultRef } = options;
    if (cron !== undefined && options.at !== undefined) {
      throw new UsageError('A schedule has a cron line or one moment.', 'Give --cron or --at.');
    }
    if (ref !== undefined && defaultRef) throw new UsageError('It is one of them.', 'Give --ref or --default-ref.');
    const now = Date.now();
    const connection = await connect(context);
    const current = await findSchedule(connection, args.schedule, options.project, 'update');
    const at =
      options.at === undefined ? undefined : futureMoment(options.at, timezone ?? current.timezone, '--at', now);
    const changes = {
      ...(name === undefined ? {} : { name }),
      ...(environment === undefined ? {} : { environment }),
      ...(ref === undefined ? {} : { ref }),
      ...(defaultRef ? { ref: null } : {}),
      ...(cron === undefined ? {} : { cron }),
      ...(at === undefined ? {} : { at }),
      ...(timezone === undefined ? {} : { timezone }),
      ...(missed === undefined ? {} : { missed }),
      ...(pool === undefined ? {} : { pool }),
    };
    if (Object.keys(changes).length === 0) {
      throw new UsageError(
        'Nothing to change.',
        'Name one of --cron, --at, --timezone, --ref, --environment, --missed.',
      );
    }
    const { api } = connection;
    const schedule = await api.schedules.update(current.id, changes, { version: options.ifVersion ?? current.version });
    output.result(schedule, scheduleLine(schedule, now));
  },
});
