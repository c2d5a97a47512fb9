import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { fields } from '../../output/table.ts';

export const command = defineCommand({
  args: { id: { completes: 'task', summary: 'Task id' } },
  async run(context) {
    const { api } = await connect(context);
    const task = await api.tasks.get(context.args.id);
    context.output.result(
      task,
      fields([
        ['id', task.id],
        ['type', task.type],
        ['status', task.status],
        ['pool', task.pool],
        ['attempt', task.attempt],
        ['deployment', task.deploymentId],
        ['progress', task.progress.percent === undefined ? null : `${task.progress.percent} %`],
        ['events', task.lastSeq],
        ['created', task.createdAt],
        ['started', task.startedAt],
        ['finished', task.finishedAt],
        ['failure', task.failure === null ? null : `${task.failure.message} (${task.failure.code})`],
      ]),
    );
  },
});
