import { SfpError } from '../../../contracts/error.ts';
import type { ScheduleDetail } from '../../../contracts/schedule.ts';
import { ApiProblem } from '../../http/problem.ts';
import { type ScheduleRow, toSchedule } from '../../rows/schedule.ts';
import { momentsOf, type ScheduleTime } from '../../services/schedule-moments.ts';
import { firstMoment } from '../../services/schedule-plan.ts';

const shownMoments = 5;

/** Refuses a time that never comes, with the name of its field. */
export function requireTime(time: ScheduleTime): void {
  if ((time.cron === null) === (time.at === null)) {
    throw fieldProblem('cron', {
      code: 'schedule_time',
      message: 'A schedule has a cron line or one moment, one of both.',
      suggestion: 'Give cron, e.g. "30 2 * * *", or at, e.g. "2027-01-31T08:00:00+01:00".',
    });
  }
  try {
    firstMoment(momentsOf(time), new Date());
  } catch (error) {
    if (!(error instanceof SfpError)) throw error;
    const field = error.code === 'schedule_timezone' ? 'timezone' : time.cron === null ? 'at' : 'cron';
    throw fieldProblem(field, error.toFailure());
  }
}

/** A 422 about one field of the request. */
export const fieldProblem = (path: string, failure: ConstructorParameters<typeof SfpError>[0]): ApiProblem =>
  new ApiProblem(422, failure, {
    errors: [
      { path, message: failure.detail === undefined ? failure.message : `${failure.message} ${failure.detail}` },
    ],
  });

/** With its next `count` moments: none when it is disabled, has stopped or ended. */
export function toScheduleDetail(row: ScheduleRow, count: number = shownMoments): ScheduleDetail {
  return { ...toSchedule(row), upcoming: upcoming(row, count) };
}

function upcoming(row: ScheduleRow, count: number): string[] {
  if (row.status !== 'active' && row.status !== 'planning') return [];
  const found: string[] = [];
  try {
    const moments = momentsOf(row);
    let moment = row.next_at === null ? firstMoment(moments, new Date(row.plan_from)) : new Date(row.next_at);
    while (found.length < count) {
      found.push(moment.toISOString());
      const following = moments.after(moment);
      if (following === null) break;
      moment = following;
    }
  } catch (error) {
    // It came straight through REST and cannot be planned: the scheduler is about to say so in the row.
    if (!(error instanceof SfpError)) throw error;
  }
  return found;
}
