import { scheduleOutcomes } from '../../../contracts/schedule.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { momentText } from '../../output/moment.ts';
import { table } from '../../output/table.ts';
import { findSchedule, projectOption, scheduleArgument } from './find-schedule.ts';
import { outcomeTone } from './schedule-view.ts';

export const command = defineCommand({
  description: 'What became of its moments, newest first, in its time zone.',
  args: scheduleArgument,
  options: {
    ...projectOption,
    outcome: { type: 'string', value: 'outcome', choices: scheduleOutcomes, summary: 'Only those' },
    ...pageOptions,
  },
  async run(context) {
    const { args, options, output } = context;
    const connection = await connect(context);
    const { id, timezone } = await findSchedule(connection, args.schedule, options.project, 'runs');
    const filter = { outcome: options.outcome };
    const runs = await listPages((page) => connection.api.schedules.runs(id, { ...filter, ...page }), options.limit);
    const now = Date.now();
    output.result(
      runs,
      table(
        [
          { title: 'moment', value: ({ scheduledFor }) => momentText(scheduledFor, timezone, now) },
          { title: 'outcome', value: ({ outcome }) => outcome, tone: ({ outcome }) => outcomeTone[outcome] },
          {
            title: 'for',
            value: ({ moments, manual }) => (manual ? 'by hand' : moments === 1 ? '' : `${moments} moments`),
          },
          { title: 'task', value: ({ taskId }) => taskId ?? '' },
          { title: 'status', value: ({ taskStatus }) => taskStatus ?? '' },
          { title: 'failure', value: ({ failure }) => failure?.message ?? '' },
        ],
        runs,
        'It has come to no moment yet.',
      ),
    );
  },
});
