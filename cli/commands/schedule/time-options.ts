import { missedLimit, missedPolicies } from '../../../contracts/schedule.ts';
import { pools } from '../../../contracts/task.ts';

/** What a schedule is made of, for `create` and `update`. */
export const timeOptions = {
  environment: {
    type: 'string',
    value: 'slug',
    completes: 'environment',
    short: 'e',
    summary: 'Environment to deploy to, by slug or id',
  },
  ref: {
    type: 'string',
    value: 'ref',
    summary: 'Branch, tag or commit; else the project’s default ref, as it is then',
  },
  cron: { type: 'string', value: 'line', summary: 'Minute, hour, day of the month, month, day of the week' },
  at: { type: 'string', value: 'moment', summary: 'Once: 30m, 12h, 7d from now, or a date of the time zone' },
  timezone: { type: 'string', value: 'zone', summary: 'IANA name, such as Europe/Berlin' },
  missed: {
    type: 'string',
    value: 'policy',
    choices: missedPolicies,
    summary: `Moments that passed while nothing ran: none, one run for all, each of the last ${missedLimit}`,
  },
  pool: { type: 'string', value: 'pool', choices: pools, summary: 'Workers to run on' },
} as const;
