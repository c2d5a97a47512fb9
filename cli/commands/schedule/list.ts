import { scheduleStatuses } from '../../../contracts/schedule.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { listPages, pageOptions } from '../../context/list-pages.ts';
import { momentText } from '../../output/moment.ts';
import { table } from '../../output/table.ts';
import { lastText, outcomeTone, statusTone, timeText } from './schedule-view.ts';

export const command = defineCommand({
  options: {
    project: {
      type: 'string',
      value: 'slug',
      completes: 'project',
      short: 'p',
      required: true,
      summary: 'Project, by slug or id',
    },
    status: { type: 'string', value: 'status', choices: scheduleStatuses, summary: 'Only those in this status' },
    ...pageOptions,
  },
  async run(context) {
    const { project, status, limit } = context.options;
    const { api } = await connect(context);
    const now = Date.now();
    const schedules = await listPages((page) => api.schedules.list(project, { status, ...page }), limit);
    context.output.result(
      schedules,
      table(
        [
          { title: 'name', value: ({ name }) => name },
          { title: 'status', value: (schedule) => schedule.status, tone: (schedule) => statusTone[schedule.status] },
          { title: 'makes', value: ({ kind }) => kind },
          { title: 'when', value: timeText },
          { title: 'time zone', value: ({ timezone }) => timezone },
          {
            title: 'next',
            value: ({ nextAt, timezone }) => (nextAt === null ? '' : momentText(nextAt, timezone, now)),
          },
          {
            title: 'last',
            value: (schedule) => lastText(schedule, now),
            tone: ({ lastOutcome }) => (lastOutcome === null ? undefined : outcomeTone[lastOutcome]),
          },
        ],
        schedules,
        `No schedules. Add one with: sfp schedule create nightly --project ${project} --environment <slug> --cron "30 2 * * *"`,
      ),
    );
  },
});
