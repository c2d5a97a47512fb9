import { Cron } from 'croner';
import { SfpError } from '../../contracts/error.ts';

/** When a schedule comes: at every moment of a cron line in a time zone, or at one. */
export interface ScheduleTime {
  cron: string | null;
  at: string | null;
  timezone: string;
}

export interface Moments {
  /** The first moment behind this one; null when there is none. */
  after(moment: Date): Date | null;
  /** At most `count` moments before this one, the newest first. */
  before(moment: Date, count: number): Date[];
}

// As Vixie cron has it. A line that names its hours and minutes means times of the day: one that falls into the hour
// that does not exist comes right behind it, one in the hour that comes twice comes once, in the first. A line with
// `*` or a step in them means intervals: it goes on through both as time does.
const rule = { paused: true, mode: '5-part', fixedTimeRule: 'no-wildcard' } as const;

const onceAt = (at: Date): Moments => ({
  after: (moment) => (at > moment ? at : null),
  before: (moment, count) => (at < moment && count > 0 ? [at] : []),
});

/** Throws an SfpError `schedule_timezone` or `schedule_cron` that says what is wrong with it. */
export function momentsOf({ cron, at, timezone }: ScheduleTime): Moments {
  requireTimezone(timezone);
  if (cron === null) return onceAt(new Date(at ?? Number.NaN));
  const line = parsed(cron, timezone);
  return {
    after: (moment) => line.nextRun(moment),
    before: (moment, count) => (count === 0 ? [] : line.previousRuns(count, moment)),
  };
}

function requireTimezone(timezone: string): void {
  // An offset has no name and no summer time; Intl takes it, the rest of the platform does not.
  const isName = /^[A-Za-z]/.test(timezone);
  try {
    if (isName) new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch (cause) {
    throw unknownTimezone(timezone, cause);
  }
  if (!isName) throw unknownTimezone(timezone);
}

const unknownTimezone = (timezone: string, cause?: unknown): SfpError =>
  new SfpError(
    {
      code: 'schedule_timezone',
      message: `There is no time zone ${timezone}.`,
      suggestion: 'Use an IANA name such as Europe/Berlin or UTC.',
    },
    { cause },
  );

function parsed(cron: string, timezone: string): Cron {
  // croner also takes a date in the place of a line; that is what `at` is for.
  const isDate = /^\s*\d{4}-\d\d-\d\dT/.test(cron);
  try {
    if (!isDate) return new Cron(cron, { ...rule, timezone });
  } catch (cause) {
    throw badCron(cron, cause instanceof Error ? cause.message.replace(/^CronPattern: /, '') : String(cause), cause);
  }
  throw badCron(cron, 'It is a date.');
}

const badCron = (cron: string, detail: string, cause?: unknown): SfpError =>
  new SfpError(
    {
      code: 'schedule_cron',
      message: `"${cron}" is no cron line.`,
      detail,
      suggestion: 'Five fields: minute, hour, day of the month, month, day of the week, e.g. "30 2 * * 1-5".',
    },
    { cause },
  );
