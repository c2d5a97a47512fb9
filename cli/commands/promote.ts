import { pools } from '../../contracts/task.ts';
import { defineCommand } from '../command.ts';
import { connect } from '../context/connect.ts';
import { deployedText } from '../watch/content-text.ts';
import { followRepeated } from '../watch/follow-repeated.ts';

export const command = defineCommand({
  description:
    'Takes what one environment has, its newest successful deployment, to another one: the same files, nothing is built again. The rules of the target hold: who deploys, branches, approvals, its lock. When it has that build already, nothing happens.\nExit code: 0 succeeded or nothing to do; 1 failed, rejected or not approved in time; 3 cancelled or detached.',
  options: {
    project: {
      type: 'string',
      value: 'slug',
      completes: 'project',
      short: 'p',
      required: true,
      summary: 'Project, by slug or id',
    },
    from: {
      type: 'string',
      value: 'slug',
      completes: 'environment',
      required: true,
      summary: 'Environment that has it, by slug or id',
    },
    to: {
      type: 'string',
      value: 'slug',
      completes: 'environment',
      required: true,
      summary: 'Environment that gets it, by slug or id',
    },
    again: { type: 'flag', summary: 'Also when the target has that build already' },
    pool: {
      type: 'string',
      value: 'pool',
      choices: pools,
      summary: 'Workers to run on: long for more than ten minutes',
    },
    detach: { type: 'flag', short: 'd', summary: 'Start it and return at once' },
    plain: { type: 'flag', summary: 'Lines instead of the live view' },
  },
  examples: ['sfp promote --project site --from staging --to production'],
  async run(context) {
    const { options, output } = context;
    const { project, from, to, again, pool } = options;
    const connection = await connect(context);
    const answer = await connection.api.deployments.promote({
      project,
      from,
      to,
      again,
      ...(pool === undefined ? {} : { pool }),
    });
    const what = deployedText(answer.source);
    if (answer.made) {
      output.info(`Promoting ${what} from ${from} to ${to}.`);
    } else if (answer.deployment.status === 'succeeded') {
      output.result(answer, `${to} has ${what} already.\n`);
      output.hint('Deploy it once more with --again.');
      return 0;
    } else {
      output.info(`${what} is on its way to ${to} already.`);
    }
    return followRepeated({ ...context, connection, answer, ...options });
  },
});
