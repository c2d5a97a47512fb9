import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { watchToTheEnd } from '../../watch/watch-deployment.ts';
import { findSchedule, projectOption, scheduleArgument } from './find-schedule.ts';

export const command = defineCommand({
  description: 'Makes now, in your name, what the schedule makes, and shows it live. Its own moments stay as they are.',
  args: scheduleArgument,
  options: {
    ...projectOption,
    detach: { type: 'flag', short: 'd', summary: 'Start it and return at once' },
    plain: { type: 'flag', summary: 'Lines instead of the live view' },
  },
  async run(context) {
    const { args, options, output, signal } = context;
    const connection = await connect(context);
    const { id } = await findSchedule(connection, args.schedule, options.project, 'run');
    const run = await connection.api.schedules.run(id);
    const { taskId } = run;
    if (options.detach || taskId === null) {
      output.result(run, `${taskId ?? run.id}\n`);
      output.hint(`Follow it: sfp task watch ${taskId ?? ''}`);
      return 0;
    }
    return (await watchToTheEnd({ connection, output, signal, taskId, plain: options.plain })).exitCode;
  },
});
