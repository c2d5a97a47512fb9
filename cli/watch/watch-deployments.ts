import { realtimeSource } from '../../client/watch/realtime-source.ts';
import { watchTask } from '../../client/watch/watch-task.ts';
import type { Deployment } from '../../contracts/deployment.ts';
import { isFinalTaskStatus, type TaskStatus } from '../../contracts/task.ts';
import type { Connection } from '../context/connection.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import type { Output } from '../output/output.ts';
import { table } from '../output/table.ts';
import { taskMarks } from '../tui/stage-row.ts';
import { taskIdOf } from './deploy-and-watch.ts';
import { eventLines } from './feed-lines.ts';

export interface WatchDeploymentsOptions {
  connection: Connection;
  output: Output;
  /** The command's signal: the first Ctrl-C detaches. */
  signal: AbortSignal;
  deployments: readonly Deployment[];
}

/** Follows several deployments beside each other to their ends: what each of them says of itself, as lines behind its name. Their logs are one command away. */
export async function watchDeployments(options: WatchDeploymentsOptions): Promise<ExitCode> {
  const { connection, output, signal, deployments } = options;
  const ended = await Promise.all(deployments.map((deployment) => follow(options, deployment)));
  if (signal.aborted) output.hint('Detached; what runs goes on.\n  see it: sfp task list');
  const items = await Promise.all(deployments.map(({ id }) => connection.api.deployments.get(id)));
  const rows = ended.map((end, index) => ({ ...end, deployment: items[index] }));
  output.result(
    { items },
    table(
      [
        { title: 'project', value: ({ project }) => project },
        {
          title: 'outcome',
          value: ({ status, deployment }) => deployment?.status ?? status,
          tone: ({ status }) => taskMarks[status].tone,
        },
        { title: 'log', value: ({ taskId }) => `sfp task logs ${taskId}` },
      ],
      rows,
      'Nothing was deployed.',
    ),
  );
  if (ended.some(({ status }) => status === 'failed')) return exitCodes.failed;
  return ended.every(({ status }) => status === 'succeeded') ? exitCodes.ok : exitCodes.cancelled;
}

async function follow({ connection, output, signal }: WatchDeploymentsOptions, deployment: Deployment) {
  const { api } = connection;
  const [taskId, { slug: project }] = await Promise.all([
    taskIdOf(connection, deployment),
    api.projects.get(deployment.projectId),
  ]);
  let status: TaskStatus = 'queued';
  for await (const update of watchTask({ source: realtimeSource({ ...connection, taskId }), signal })) {
    if (update.type === 'end') status = update.status;
    if (update.type !== 'events') continue;
    for (const event of update.events) {
      output.event('event', { deploymentId: deployment.id, ...event }, (style) => {
        const text = event.kind === 'log' ? '' : eventLines(event, style);
        return text === '' ? '' : `${style.paint('dim', project.padEnd(12))} ${text}`;
      });
    }
  }
  if (!isFinalTaskStatus(status)) ({ status } = await api.tasks.get(taskId));
  return { project, taskId, status };
}
