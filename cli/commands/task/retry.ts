import { SfpError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { taskIdOf, watchDeployment } from '../../watch/deploy-and-watch.ts';

export const command = defineCommand({
  description: 'Makes a new task for the same deployment. Stages that succeeded are not run again.',
  args: { id: { completes: 'task', summary: 'Task id of the deployment that failed' } },
  options: {
    detach: { type: 'flag', short: 'd', summary: 'Start it and return at once' },
    plain: { type: 'flag', summary: 'Lines instead of the live view' },
  },
  async run(context) {
    const { args, options, output, signal } = context;
    const connection = await connect(context);
    const { deploymentId } = await connection.api.tasks.get(args.id);
    if (deploymentId === null) {
      throw new SfpError({
        code: 'task_not_retryable',
        message: 'Only a task of a deployment can be retried.',
        suggestion: `See what it is: sfp task get ${args.id}`,
      });
    }
    const deployment = await connection.api.deployments.retry(deploymentId);
    if (options.detach) {
      const taskId = await taskIdOf(connection, deployment);
      output.result(deployment, `${taskId}\n`);
      output.hint(`Follow it: sfp task watch ${taskId}`);
      return 0;
    }
    return (await watchDeployment({ connection, output, signal, deployment, plain: options.plain })).exitCode;
  },
});
