import type { Logger } from 'pino';
import { z } from 'zod';
import type { Retention } from '../../contracts/retention.ts';
import { type Database, fetchRows } from './database.ts';

const stepSchema = z.object({
  more: z.boolean(),
  busy: z.boolean().default(false),
  step: z.string().optional(),
  did: z.record(z.string(), z.unknown()).optional(),
  postponed: z.array(z.string()).default([]),
});

export interface RetentionJob {
  /** Takes no further step and waits for the one under way. */
  stop(): Promise<void>;
}

const firstAfterMs = 20_000;
const everyMs = 3_600_000;

/**
 * Keeps the database in its size: once after the start and then every hour, one small step after the other until
 * nothing is left to do. The database lets one caller in at a time, so any number of servers may run this; each step is
 * a transaction of its own, so it may be ended anywhere and goes on there the next time.
 */
export function startRetention({
  db,
  log,
  retention,
  firstMs = firstAfterMs,
}: {
  db: Database;
  log: Logger;
  retention: Retention;
  firstMs?: number;
}): RetentionJob {
  let stopped = false;
  let running: Promise<void> | undefined;

  const round = async (): Promise<void> => {
    for (;;) {
      if (stopped) return;
      const { more, step, did, postponed } = await fetchRows(
        db.rpc('retention_step', {
          p_task_events_days: retention.taskEventsDays,
          p_audit_log_days: retention.auditLogDays,
          p_history_days: retention.historyDays ?? null,
        }),
        stepSchema,
      );
      if (step !== undefined) log.info({ step, ...did }, 'retention');
      if (postponed.length > 0)
        log.info({ tables: postponed }, 'in use by something long; retention tries again in an hour');
      if (!more) return;
    }
  };
  const run = (): void => {
    running ??= round()
      // Nothing is lost: the next hour finds the same work.
      .catch((error: unknown) => log.warn({ reason: String(error) }, 'retention failed; it is tried again in an hour'))
      .finally(() => {
        running = undefined;
      });
  };

  const first = setTimeout(run, firstMs);
  const hourly = setInterval(run, everyMs);
  return {
    async stop() {
      stopped = true;
      clearTimeout(first);
      clearInterval(hourly);
      await running;
    },
  };
}
