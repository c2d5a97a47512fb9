import type { Schedule, ScheduleDetail, ScheduleOutcome, ScheduleStatus } from '../../../contracts/schedule.ts';
import { momentText, zonedTime } from '../../output/moment.ts';
import type { TextView } from '../../output/output.ts';
import type { Tone } from '../../output/style.ts';
import { fields } from '../../output/table.ts';

export const statusTone: Record<ScheduleStatus, Tone | undefined> = {
  planning: 'cyan',
  active: 'green',
  disabled: 'dim',
  stopped: 'red',
  ended: 'dim',
};
export const outcomeTone: Record<ScheduleOutcome, Tone | undefined> = {
  made: 'green',
  skipped: 'yellow',
  failed: 'red',
};

/** Its cron line with its zone, or its one moment. */
export const timeText = ({ cron, at, timezone }: Schedule): string =>
  cron === null ? (at === null ? '' : zonedTime(at, timezone)) : cron;

export const lastText = ({ lastAt, lastOutcome, timezone }: Schedule, now: number): string =>
  lastAt === null ? 'never' : `${momentText(lastAt, timezone, now)}: ${lastOutcome ?? ''}`;

/** One schedule with its next moments, in its own time zone. */
export function scheduleView(schedule: ScheduleDetail, now: number): TextView {
  const { timezone, failure } = schedule;
  return fields([
    ['name', schedule.name],
    ['status', schedule.status],
    ['failure', failure === null ? null : `${failure.message} (${failure.code})`],
    ['what to do', failure?.suggestion],
    ['makes', schedule.kind],
    ['environment', schedule.environmentId],
    ['ref', schedule.kind === 'deployment' ? (schedule.ref ?? 'the default ref of the project') : null],
    ['pool', schedule.pool],
    [schedule.cron === null ? 'at' : 'cron', timeText(schedule)],
    ['time zone', timezone],
    ['missed moments', schedule.missed],
    ['last', lastText(schedule, now)],
    ...schedule.upcoming.map(
      (moment, index) => [index === 0 ? 'next' : '', momentText(moment, timezone, now)] as const,
    ),
    ['owner', schedule.ownerId],
    ['token', schedule.applicationTokenId],
    ['project', schedule.projectId],
    ['id', schedule.id],
    ['version', schedule.version],
    ['created', schedule.createdAt],
  ]);
}

/** `nightly  active  next 2027-01-31 08:00 (in 3 h)` */
export function scheduleLine(schedule: ScheduleDetail, now: number): string {
  const [next] = schedule.upcoming;
  const when = next === undefined ? '' : `  next ${momentText(next, schedule.timezone, now)}`;
  return `${schedule.name}  ${schedule.status === 'planning' ? 'active' : schedule.status}${when}\n`;
}
