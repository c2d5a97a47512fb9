import { pools } from '../../contracts/task.ts';
import { defineCommand } from '../command.ts';
import { connect } from '../context/connect.ts';
import { startDeployment, taskIdOf, watchDeployment } from '../watch/deploy-and-watch.ts';
import { sayWhoApproves } from '../watch/watch-deployment.ts';

export const command = defineCommand({
  description:
    'On a terminal it opens a live view; otherwise it prints the same feed as lines. Ctrl-C leaves the deployment running.\nExit code: 0 succeeded; 1 failed, rejected or not approved in time; 3 cancelled or detached.',
  options: {
    project: {
      type: 'string',
      value: 'slug',
      completes: 'project',
      short: 'p',
      required: true,
      summary: 'Project, by slug or id',
    },
    environment: {
      type: 'string',
      value: 'slug',
      completes: 'environment',
      short: 'e',
      required: true,
      summary: 'Environment, by slug or id',
    },
    ref: { type: 'string', value: 'ref', summary: 'Branch, tag or commit; the project’s default when left out' },
    build: {
      type: 'string',
      value: 'build',
      completes: 'build',
      summary: 'A build as it is, by number or id, instead of a ref: nothing is built again',
    },
    pool: {
      type: 'string',
      value: 'pool',
      choices: pools,
      summary: 'Workers to run on: long for more than ten minutes',
    },
    ticket: {
      type: 'string',
      value: 'ticket',
      summary: 'Inside the lock of this ticket of yours: sfp environment lock',
    },
    detach: { type: 'flag', short: 'd', summary: 'Start it and return at once' },
    plain: { type: 'flag', summary: 'Lines instead of the live view' },
  },
  examples: [
    'sfp deploy --project site --environment production',
    'sfp deploy -p site -e dev --ref v1.2.0 --json=stream',
    'sfp deploy -p site -e staging --build 7',
  ],
  async run(context) {
    const { options, output, signal } = context;
    const connection = await connect(context);
    const deployment = await startDeployment({ connection, ...options });
    if (options.detach) {
      const taskId = await taskIdOf(connection, deployment);
      output.result(deployment, `${deployment.id}\n`);
      output.hint(`Follow it: sfp task watch ${taskId}`);
      sayWhoApproves(output, deployment);
      return 0;
    }
    return (await watchDeployment({ connection, output, signal, deployment, plain: options.plain })).exitCode;
  },
});
