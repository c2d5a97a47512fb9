import { SfpError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { findSchedule, projectOption, scheduleArgument } from './find-schedule.ts';

export const command = defineCommand({
  description: 'Its history goes with it; the deployments and tasks that it made stay.',
  args: scheduleArgument,
  options: { ...projectOption, yes: { type: 'flag', short: 'y', summary: 'Do not ask' } },
  async run(context) {
    const { args, options, input, output } = context;
    const connection = await connect(context);
    const { id, name } = await findSchedule(connection, args.schedule, options.project, 'delete');
    if (!options.yes && !(await input.confirm(`Delete the schedule ${name} and its history?`, '--yes'))) {
      throw new SfpError({ code: 'cancelled', message: 'Nothing was changed.' });
    }
    await connection.api.schedules.remove(id);
    output.result({ id, name, deleted: true }, `${name} is deleted.\n`);
  },
});
