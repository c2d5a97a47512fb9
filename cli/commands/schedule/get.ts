import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { findSchedule, projectOption, scheduleArgument } from './find-schedule.ts';
import { scheduleView } from './schedule-view.ts';

export const command = defineCommand({
  description: 'With the moments it comes to next, in its time zone.',
  args: scheduleArgument,
  options: {
    ...projectOption,
    upcoming: { type: 'integer', value: 'count', min: 0, max: 100, default: 5, summary: 'So many of the next moments' },
  },
  async run(context) {
    const { args, options, output } = context;
    const connection = await connect(context);
    const { id } = await findSchedule(connection, args.schedule, options.project, 'get');
    const schedule = await connection.api.schedules.get(id, { upcoming: options.upcoming });
    output.result(schedule, scheduleView(schedule, Date.now()));
  },
});
