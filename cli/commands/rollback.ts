import type { Deployed } from '../../contracts/deployed.ts';
import { pools } from '../../contracts/task.ts';
import { defineCommand } from '../command.ts';
import { connect } from '../context/connect.ts';
import { listPages, pageOptions } from '../context/list-pages.ts';
import { type Column, table } from '../output/table.ts';
import { deployedText } from '../watch/content-text.ts';
import { followRepeated } from '../watch/follow-repeated.ts';
import { findEnvironment } from './environment/find-environment.ts';

export const command = defineCommand({
  description:
    'Takes an environment of a project back to what it had: the same files, nothing is built again. To what it had before what it has now, and further back with each time; or to any deployment that --list shows. (The version of sfp itself is taken back by sfp server rollback.)\nExit code: 0 succeeded; 1 failed, rejected or not approved in time; 3 cancelled or detached.',
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
    to: { type: 'string', value: 'deployment', completes: 'deployment', summary: 'Deployment to go back to, by id' },
    list: { type: 'flag', summary: 'Show what the environment has and had, and change nothing' },
    pool: {
      type: 'string',
      value: 'pool',
      choices: pools,
      summary: 'Workers to run on: long for more than ten minutes',
    },
    detach: { type: 'flag', short: 'd', summary: 'Start it and return at once' },
    plain: { type: 'flag', summary: 'Lines instead of the live view' },
    ...pageOptions,
  },
  examples: [
    'sfp rollback --project site --environment production',
    'sfp rollback --project site --environment production --list',
  ],
  async run(context) {
    const { options, output } = context;
    const { project, environment, to, pool, limit } = options;
    const connection = await connect(context);
    const { api } = connection;
    if (options.list) {
      const { id } = await findEnvironment(connection, environment, project, 'get');
      const deployed = await listPages((page) => api.environments.deployed(id, page), limit);
      output.result(deployed, table(columns(deployed[0]), deployed, `Nothing was deployed to ${environment} yet.`));
      return 0;
    }
    const answer = await api.deployments.rollback({
      project,
      environment,
      ...(to === undefined ? {} : { to }),
      ...(pool === undefined ? {} : { pool }),
    });
    const what = deployedText(answer.source);
    output.info(
      answer.made ? `Taking ${environment} back to ${what}.` : `${environment} is on its way back to ${what} already.`,
    );
    return followRepeated({ ...context, connection, answer, ...options });
  },
});

const columns = (now: Deployed | undefined): Column<Deployed>[] => [
  { title: 'deployment', value: ({ deploymentId }) => deploymentId },
  { title: 'finished', value: ({ finishedAt }) => finishedAt?.slice(0, 19).replace('T', ' ') ?? '' },
  { title: 'what', value: deployedText },
  { title: 'came by', value: ({ origin }) => origin },
  {
    title: '',
    value: (deployed) => (deployed === now ? 'now' : deployed.build === null ? 'no build kept' : ''),
    tone: (deployed) => (deployed === now ? 'green' : 'dim'),
  },
];
