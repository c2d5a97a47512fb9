import { setTimeout as delay } from 'node:timers/promises';
import type { Build } from '../../contracts/build.ts';
import { SfpError } from '../../contracts/error.ts';
import { pools } from '../../contracts/task.ts';
import { defineCommand } from '../command.ts';
import { connect } from '../context/connect.ts';
import type { Connection } from '../context/connection.ts';
import { watchToTheEnd } from '../watch/watch-deployment.ts';

export const command = defineCommand({
  description:
    'Runs the stages checkout, build and validate and keeps what comes of it; nothing is deployed. On a terminal it opens a live view. Ctrl-C leaves the build running.\nExit code: 0 succeeded, 1 failed, 3 cancelled or detached.',
  options: {
    project: {
      type: 'string',
      value: 'slug',
      completes: 'project',
      short: 'p',
      required: true,
      summary: 'Project, by slug or id',
    },
    ref: { type: 'string', value: 'ref', summary: 'Branch, tag or commit; the project’s default when left out' },
    pool: {
      type: 'string',
      value: 'pool',
      choices: pools,
      summary: 'Workers to run on: long for more than ten minutes',
    },
    detach: { type: 'flag', short: 'd', summary: 'Start it and return at once' },
    plain: { type: 'flag', summary: 'Lines instead of the live view' },
  },
  examples: ['sfp build --project site', 'sfp build -p site --ref v1.2.0 --detach'],
  async run(context) {
    const { options, output, signal } = context;
    const { project, ref, pool, detach, plain } = options;
    const connection = await connect(context);
    const build = await connection.api.builds.create({
      project,
      ...(ref === undefined ? {} : { ref }),
      ...(pool === undefined ? {} : { pool }),
    });
    const taskId = await taskIdOf(connection, build);
    if (detach) {
      output.result(build, `${build.id}\n`);
      output.hint(`Follow it: sfp task watch ${taskId}`);
      return 0;
    }
    return (await watchToTheEnd({ connection, output, signal, taskId, plain })).exitCode;
  },
});

/** A build gets its task in the same transaction; an answer from before that is asked for again. */
async function taskIdOf({ api, tenant = '<name>' }: Connection, build: Build): Promise<string> {
  let current = build;
  for (let tries = 0; tries < 20; tries += 1) {
    if (current.taskId !== null) return current.taskId;
    await delay(100);
    current = await api.builds.get(build.id);
  }
  throw new SfpError({
    code: 'build_without_task',
    message: 'The build was accepted and no task was made for it.',
    detail: `build ${build.id}`,
    suggestion: `Look at the server: sfp server status -t ${tenant}, sfp server logs -t ${tenant} -s api`,
  });
}
