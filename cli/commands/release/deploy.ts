import { pools } from '../../../contracts/task.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { watchDeployment } from '../../watch/deploy-and-watch.ts';
import { watchDeployments } from '../../watch/watch-deployments.ts';
import { releaseArgument } from './release-options.ts';

export const command = defineCommand({
  description:
    'To the environment of that name of each of its projects: all of them, or none. Several are followed beside each other as lines. Ctrl-C leaves them running.\nExit code: 0 all succeeded; 1 one failed; 3 cancelled or detached.',
  args: releaseArgument,
  options: {
    environment: {
      type: 'string',
      value: 'slug',
      short: 'e',
      required: true,
      summary: 'Environment of each project, by slug',
    },
    skipMissing: { type: 'flag', summary: 'Leave out the projects without an environment of that name' },
    pool: {
      type: 'string',
      value: 'pool',
      choices: pools,
      summary: 'Workers to run on: long for more than ten minutes',
    },
    detach: { type: 'flag', short: 'd', summary: 'Start them and return at once' },
    plain: { type: 'flag', summary: 'Lines instead of the live view' },
  },
  examples: ['sfp release deploy v1.4.0 --environment staging'],
  async run(context) {
    const { args, options, output, signal } = context;
    const { environment, skipMissing, pool, plain } = options;
    const connection = await connect(context);
    const { items } = await connection.api.releases.deploy(args.release, {
      environment,
      skipMissing,
      ...(pool === undefined ? {} : { pool }),
    });
    const [only, second] = items;
    if (options.detach) {
      output.result({ items }, items.map(({ id }) => `${id}\n`).join(''));
      output.hint(`See them: sfp task list --environment ${environment}`);
      return 0;
    }
    if (only !== undefined && second === undefined) {
      return (await watchDeployment({ connection, output, signal, deployment: only, plain })).exitCode;
    }
    return watchDeployments({ connection, output, signal, deployments: items });
  },
});
