import type { CommandModule } from '../../command.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { findSchedule, projectOption, scheduleArgument } from './find-schedule.ts';
import { scheduleLine } from './schedule-view.ts';

/** `enable` and `disable`. */
export const switchCommand = (verb: 'enable' | 'disable', description: string): CommandModule =>
  defineCommand({
    description,
    args: scheduleArgument,
    options: projectOption,
    async run(context) {
      const { args, options, output } = context;
      const connection = await connect(context);
      const { id, version } = await findSchedule(connection, args.schedule, options.project, verb);
      const schedule = await connection.api.schedules.update(id, { enabled: verb === 'enable' }, { version });
      output.result(schedule, scheduleLine(schedule, Date.now()));
      if (schedule.status === 'ended') {
        output.hint(`Its moment is over. Give it another: sfp schedule update ${schedule.id} --at <moment>`);
      }
    },
  });
