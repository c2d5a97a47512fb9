import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';

export const command = defineCommand({
  description: 'One that waits ends at once. A running one is asked to; its step is killed with everything it started.',
  args: { id: { completes: 'deployment', summary: 'Deployment id' } },
  async run(context) {
    const { api } = await connect(context);
    const deployment = await api.deployments.cancel(context.args.id);
    const ended = deployment.status === 'cancelled';
    context.output.result(deployment, `${ended ? 'cancelled' : 'cancelling'}\n`);
    if (!ended && deployment.taskId !== null) context.output.hint(`Follow it: sfp task watch ${deployment.taskId}`);
  },
});
