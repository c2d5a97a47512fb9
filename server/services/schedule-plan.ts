import { SfpError } from '../../contracts/error.ts';
import { type MissedPolicy, missedLimit } from '../../contracts/schedule.ts';
import type { Moments } from './schedule-moments.ts';

/** A moment that is acted on within this time is on time; one that is older was missed. */
const graceMs = 60_000;
/** Moments are counted so far and no further: a minute's line after a month has more than anybody wants to wait for. */
const countLimit = 1_000;

/** What is done next about a schedule whose moment has come. One step; what is left after it is the next step's. */
export interface Step {
  scheduledFor: Date;
  /** For how many moments it stands, at most 1,000. */
  moments: number;
  make: boolean;
  /** The schedule's next moment after it, in the past too when there is more to catch up with. */
  nextAt: Date | null;
}

/** The first moment of a schedule that was made or changed at `from`. Throws when there is none. */
export function firstMoment(moments: Moments, from: Date): Date {
  const first = moments.after(new Date(from.getTime() - 1));
  if (first !== null) return first;
  const [past] = moments.before(from, 1);
  // A moment that has just gone by: the clock of who asked is a little behind.
  if (past !== undefined && from.getTime() - past.getTime() <= graceMs) return past;
  throw new SfpError({
    code: 'schedule_without_moment',
    message: past === undefined ? 'The cron line never comes to a moment.' : 'Its moment is in the past.',
    suggestion: 'Give it another time: sfp schedule update <name> --cron <line>, or --at <moment>',
  });
}

/** The next step about the moments from `due` to `now`. */
export function nextStep(moments: Moments, missed: MissedPolicy, due: Date, now: Date): Step {
  const isLate = (moment: Date): boolean => now.getTime() - moment.getTime() > graceMs;
  const makeDue = (): Step => ({ scheduledFor: due, moments: 1, make: true, nextAt: moments.after(due) });
  if (!isLate(due)) return makeDue();
  const kept = { skip: 0, once: 0, each: missedLimit }[missed];
  // Two more than are kept: so many of a line of every minute are not late yet.
  if (kept > 0 && back(moments, due, now, kept + 3).filter(isLate).length <= kept) return makeDue();
  const passed = back(moments, due, now, countLimit);
  // One for all takes those in that are on time; what is left out does not.
  const stoodFor = missed === 'once' ? passed : passed.filter(isLate).slice(kept);
  const newest = stoodFor[0] ?? due;
  return {
    scheduledFor: newest,
    moments: Math.max(1, stoodFor.length),
    make: missed === 'once',
    nextAt: moments.after(newest),
  };
}

/** The moments from `due` to `now`, newest first. */
function back(moments: Moments, due: Date, now: Date, limit: number): Date[] {
  // A second on, because `before` leaves out the moment it starts from, and knows no smaller step.
  const found = moments
    .before(new Date(now.getTime() + 1_000), limit)
    .filter((moment) => moment >= due && moment <= now);
  // Another version of the library or of the time zones may see the moments differently: what is due is due.
  return found.length === 0 ? [due] : found;
}
