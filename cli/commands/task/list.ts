import { taskStatuses, taskTypes } from '../../../contracts/task.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { historyFilter, historyOptions } from '../../context/history-options.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { formatDuration } from '../../output/duration.ts';
import { table } from '../../output/table.ts';
import { taskMarks } from '../../tui/stage-row.ts';

export const command = defineCommand({
  description: 'Newest first. Who asked for a task, its ref and its words are those of its deployment.',
  options: {
    status: { type: 'string', value: 'status', choices: taskStatuses, summary: 'Only tasks in this status' },
    type: { type: 'string', value: 'type', choices: taskTypes, summary: 'Only tasks of this type' },
    ...historyOptions,
    ...pageOptions,
  },
  async run(context) {
    const { api } = await connect(context);
    const { limit, status, type, ...given } = context.options;
    const filter = { status, type, ...historyFilter(given, Date.now()) };
    const tasks = await listPages((page) => api.tasks.list({ ...filter, ...page }), limit);
    context.output.result(
      tasks,
      table(
        [
          { title: 'id', value: (task) => task.id },
          { title: 'type', value: (task) => task.type },
          { title: 'status', value: (task) => task.status, tone: (task) => taskMarks[task.status].tone },
          { title: 'attempt', value: (task) => String(task.attempt) },
          { title: 'created', value: (task) => task.createdAt },
          {
            title: 'took',
            value: ({ startedAt, finishedAt }) =>
              startedAt === null || finishedAt === null
                ? ''
                : formatDuration(Date.parse(finishedAt) - Date.parse(startedAt)),
          },
        ],
        tasks,
        'No tasks.',
      ),
    );
  },
});
