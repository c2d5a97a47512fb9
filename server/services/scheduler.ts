import type { Logger } from 'pino';
import { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';
import { missedPolicySchema, scheduleOutcomeSchema } from '../../contracts/schedule.ts';
import { type Database, fetchRows } from './database.ts';
import { momentsOf } from './schedule-moments.ts';
import { firstMoment, nextStep } from './schedule-plan.ts';

const dueSchema = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['planning', 'active']),
    version: z.number(),
    cron: z.string().nullable(),
    at: z.string().nullable(),
    timezone: z.string(),
    missed: missedPolicySchema,
    plan_from: z.string(),
    next_at: z.string().nullable(),
    /** The database's: the only one that counts, whichever server asks. */
    clock: z.string(),
  }),
);
type Due = z.output<typeof dueSchema>[number];
const firedSchema = z
  .object({ outcome: scheduleOutcomeSchema.nullable(), taskId: z.string().nullable(), failure: z.unknown() })
  .nullable();

export interface Scheduler {
  /** Look for schedules now. Never rejects, never blocks. */
  wake(): void;
  /** Fires nothing new and waits for what it is at. */
  stop(): Promise<void>;
}

/** Finds what came straight through REST, and what another server left. */
const sweepMs = 3_000;
/** Moments so near are waited for by the millisecond. */
const aheadSeconds = 5;
const batch = 100;
const atOnce = 4;
/** A schedule that fails by no fault of its own is left alone for so long, so that it keeps nobody else waiting. */
const holdMs = 30_000;
/** On the late side of a moment: a call that comes too early is answered with nothing. */
const lateMs = 5;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Fires schedules. What is made of a moment and the next moment are written by one call in one transaction that the
 * database refuses when it was done already, so that any number of servers may sweep, and die, at any time.
 */
export function startScheduler({ db, log, onMade }: { db: Database; log: Logger; onMade: () => void }): Scheduler {
  let stopped = false;
  let again = false;
  let running: Promise<void> | undefined;
  let databaseAway = false;
  let next: NodeJS.Timeout | undefined;
  const held = new Map<string, number>();

  const plan = async (due: Due): Promise<void> => {
    const of = { p_id: due.id, p_version: due.version, p_plan_from: due.plan_from };
    const planned = planOf(due);
    await fetchRows(db.rpc('plan_schedule', { ...of, ...planned }), z.boolean());
    if (planned.p_failure !== null) log.warn({ scheduleId: due.id, failure: planned.p_failure }, 'schedule stopped');
  };

  const fire = async (due: Due, dueAt: string): Promise<void> => {
    const step = nextStep(momentsOf(due), due.missed, new Date(dueAt), new Date(due.clock));
    const fired = await fetchRows(
      db.rpc('fire_schedule', {
        p_id: due.id,
        p_version: due.version,
        p_due: dueAt,
        p_scheduled_for: step.scheduledFor.toISOString(),
        p_moments: step.moments,
        p_make: step.make,
        p_next_at: step.nextAt?.toISOString() ?? null,
      }),
      firedSchema,
    );
    // Another server was faster, or a person changed it: the next look sees it as it is now.
    if (fired === null) return;
    again = true;
    const said = { scheduleId: due.id, scheduledFor: step.scheduledFor, moments: step.moments, taskId: fired.taskId };
    if (fired.outcome === 'failed') log.warn({ ...said, failure: fired.failure }, 'schedule failed');
    else log.info(said, `schedule ${fired.outcome ?? 'fired before'}`);
    if (fired.taskId !== null) onMade();
  };

  const act = async (due: Due): Promise<void> => {
    if (due.status === 'planning' || due.next_at === null) return plan(due);
    try {
      await fire(due, due.next_at);
    } catch (error) {
      if (!(error instanceof SfpError) || !error.code.startsWith('schedule_')) throw error;
      // Its line was good once; another version of the time zones knows it no more.
      await plan(due);
    }
  };

  const handle = async (due: Due): Promise<void> => {
    try {
      await act(due);
    } catch (error) {
      held.set(due.id, Date.now() + holdMs);
      log.warn({ scheduleId: due.id, reason: reasonOf(error) }, 'schedule not fired; tried again later');
    }
  };

  const round = async (): Promise<void> => {
    do {
      again = false;
      for (const [id, until] of held) if (until <= Date.now()) held.delete(id);
      const ask = { p_limit: batch, p_ahead_seconds: aheadSeconds, p_except: [...held.keys()] };
      const found = await fetchRows(db.rpc('due_schedules', ask), dueSchema);
      const now = found.filter(({ status, next_at, clock }) => status === 'planning' || waitMs(next_at, clock) <= 0);
      await inTurns(now, atOnce, (due) => (stopped ? Promise.resolve() : handle(due)));
      // What was planned just now may come soon.
      if (now.some(({ status }) => status === 'planning')) again = true;
      const waits = found.filter((due) => !now.includes(due)).map(({ next_at, clock }) => waitMs(next_at, clock));
      clearTimeout(next);
      if (waits.length > 0 && !stopped) next = setTimeout(wake, Math.min(...waits) + lateMs);
    } while (again && !stopped);
  };

  /** The database being away is said once, and the next sweep tries again. */
  const guarded = async (): Promise<void> => {
    try {
      await round();
      databaseAway = false;
    } catch (error) {
      if (!databaseAway) log.warn({ reason: reasonOf(error) }, 'a round of the scheduler failed; the next tries again');
      databaseAway = true;
    }
  };

  const wake = (): void => {
    if (stopped) return;
    again = true;
    running ??= guarded().finally(() => {
      running = undefined;
    });
  };

  const sweep = setInterval(wake, sweepMs);
  wake();
  return {
    wake,
    async stop() {
      stopped = true;
      clearInterval(sweep);
      clearTimeout(next);
      await running;
    },
  };
}

const waitMs = (nextAt: string | null, clock: string): number =>
  nextAt === null ? 0 : Date.parse(nextAt) - Date.parse(clock);

/** The first moment of a schedule, or why it has none. */
function planOf(due: Due): { p_next_at: string | null; p_failure: unknown } {
  try {
    return { p_next_at: firstMoment(momentsOf(due), new Date(due.plan_from)).toISOString(), p_failure: null };
  } catch (error) {
    if (!(error instanceof SfpError)) throw error;
    return { p_next_at: null, p_failure: error.toFailure() };
  }
}

async function inTurns<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const lane = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}
