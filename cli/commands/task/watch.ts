import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { watchToTheEnd } from '../../watch/watch-deployment.ts';

export const command = defineCommand({
  description:
    'Shows everything from the start of the task, then what happens as it happens. Ctrl-C leaves it running.\nExit code: 0 succeeded; 1 failed, rejected or not approved in time; 3 cancelled or detached.',
  args: { id: { completes: 'task', summary: 'Task id' } },
  options: {
    after: { type: 'integer', value: 'seq', min: 0, summary: 'Begin after the event with this number' },
    plain: { type: 'flag', summary: 'Lines instead of the live view' },
  },
  async run(context) {
    const { args, options, output, signal } = context;
    const connection = await connect(context);
    const { exitCode } = await watchToTheEnd({
      connection,
      output,
      signal,
      taskId: args.id,
      plain: options.plain,
      ...(options.after === undefined ? {} : { afterSeq: options.after }),
    });
    return exitCode;
  },
});
