import { scheduleKinds } from '../../../contracts/schedule.ts';
import { defineCommand } from '../../command.ts';
import { connect } from '../../context/connect.ts';
import { futureMoment } from '../../input/future-moment.ts';
import { UsageError } from '../../usage-error.ts';
import { scheduleLine } from './schedule-view.ts';
import { timeOptions } from './time-options.ts';

export const command = defineCommand({
  description:
    'Give a cron line, whose hours are hours of the time zone, or one moment. It acts in your name, with the rights that you have then.',
  args: { name: { summary: 'Lower-case letters, digits, hyphens' } },
  options: {
    project: {
      type: 'string',
      value: 'slug',
      completes: 'project',
      short: 'p',
      required: true,
      summary: 'Project, by slug or id',
    },
    kind: { type: 'string', value: 'kind', choices: scheduleKinds, default: 'deployment', summary: 'What it makes' },
    ...timeOptions,
    disabled: { type: 'flag', summary: 'Do not begin yet' },
  },
  examples: [
    'sfp schedule create nightly -p site -e dev --cron "30 2 * * *" --timezone Europe/Berlin',
    'sfp schedule create launch -p site -e production --ref v2.0.0 --at 2027-01-31T08:00 --timezone America/New_York',
  ],
  async run(context) {
    const { args, options, output } = context;
    const { project, kind, environment, ref, cron, timezone, missed, pool } = options;
    const now = Date.now();
    if ((cron === undefined) === (options.at === undefined)) {
      throw new UsageError('A schedule has a cron line or one moment.', 'Give --cron "30 2 * * *" or --at 12h.');
    }
    const at = options.at === undefined ? undefined : futureMoment(options.at, timezone ?? 'UTC', '--at', now);
    const { api } = await connect(context);
    const schedule = await api.schedules.create(project, {
      name: args.name,
      kind,
      ...(environment === undefined ? {} : { environment }),
      ...(ref === undefined ? {} : { ref }),
      ...(cron === undefined ? {} : { cron }),
      ...(at === undefined ? {} : { at }),
      ...(timezone === undefined ? {} : { timezone }),
      ...(missed === undefined ? {} : { missed }),
      ...(pool === undefined ? {} : { pool }),
      enabled: !options.disabled,
    });
    output.result(schedule, scheduleLine(schedule, now));
    output.hint(`See what it does: sfp schedule runs ${schedule.name} --project ${project}`);
  },
});
