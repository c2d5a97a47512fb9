import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { taskIdOf, watchDeployment } from '../../watch/deploy-and-watch.ts';

export const command = defineCommand({
  description: 'Makes a new task for the same deployment. Stages that succeeded are not run again.',
  args: { id: { completes: 'deployment', summary: 'Deployment id' } },
  options: {
    detach: { type: 'flag', short: 'd', summary: 'Start it and return at once' },
    plain: { type: 'flag', summary: 'Lines instead of the live view' },
  },
  async run(context) {
    const { args, options, output, signal } = context;
    const connection = await connect(context);
    const deployment = await connection.api.deployments.retry(args.id);
    if (options.detach) {
      const taskId = await taskIdOf(connection, deployment);
      output.result(deployment, `${taskId}\n`);
      output.hint(`Follow it: sfp task watch ${taskId}`);
      return 0;
    }
    return (await watchDeployment({ connection, output, signal, deployment, plain: options.plain })).exitCode;
  },
});
