import { isFinalTaskStatus } from '../../../contracts/task.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';

export const command = defineCommand({
  description: 'A queued task ends at once. A running one is asked to; its step is killed with everything it started.',
  args: { id: { completes: 'task', summary: 'Task id' } },
  async run(context) {
    const { api } = await connect(context);
    const task = await api.tasks.cancel(context.args.id);
    context.output.result(task, `${isFinalTaskStatus(task.status) ? task.status : 'cancelling'}\n`);
    if (!isFinalTaskStatus(task.status)) context.output.hint(`Follow it: sfp task watch ${task.id}`);
  },
});
