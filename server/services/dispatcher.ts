import type { Logger } from 'pino';
import { z } from 'zod';
import { uuidSchema } from '../../contracts/scalar.ts';
import { poolSchema, taskTypeSchema } from '../../contracts/task.ts';
import { type Database, fetchRows } from './database.ts';
import type { TaskQueue } from './task-queue.ts';

const claimedSchema = z.array(
  z.object({
    id: z.number(),
    kind: z.enum(['task.dispatch', 'task.cancel']),
    task_id: uuidSchema,
    payload: z.object({ type: taskTypeSchema, pool: poolSchema, runId: z.string().optional() }),
    attempts: z.number(),
  }),
);
type Claimed = z.output<typeof claimedSchema>[number];
const waitingSchema = z.array(z.object({ task_id: uuidSchema, run_id: z.string() }));

export interface Dispatcher {
  /** Look into the outbox now. Never rejects, never blocks. */
  wake(): void;
  /** Takes nothing new and waits for what it holds. */
  stop(): Promise<void>;
}

const batch = 20;
const leaseSeconds = 30;
/** Finds what a lost wake-up left behind. */
const sweepMs = 3_000;
/** Looks for tasks whose worker or whose run was lost. */
const recoverMs = 15_000;
/** Ends deployments that nobody approved in time. */
const expireMs = 3_000;
const workerGraceSeconds = 60;
const waitingSeconds = 30;
const longestRetrySeconds = 30;

const retrySeconds = (attempts: number): number => Math.min(longestRetrySeconds, 2 ** Math.max(0, attempts - 1));
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Carries the outbox to the task engine. A row is done only after the engine took it, so a crash in between sends it
 * twice; `start_task` lets one of the runs have the task.
 */
export function startDispatcher({ db, queue, log }: { db: Database; queue: TaskQueue; log: Logger }): Dispatcher {
  let stopped = false;
  let again = false;
  let running: Promise<void> | undefined;
  let databaseAway = false;

  const deliver = async (row: Claimed): Promise<string | null> => {
    if (row.kind === 'task.dispatch') return queue.trigger({ id: row.task_id, ...row.payload });
    if (row.payload.runId !== undefined) await queue.cancel(row.payload.runId);
    return null;
  };

  const handle = async (row: Claimed): Promise<void> => {
    const of = { kind: row.kind, taskId: row.task_id };
    try {
      const runId = await deliver(row);
      await fetchRows(db.rpc('complete_outbox', { p_id: row.id, p_run_id: runId }), z.unknown());
      log.info({ ...of, runId }, 'delivered');
    } catch (error) {
      const seconds = retrySeconds(row.attempts);
      log.warn({ ...of, attempts: row.attempts, retrySeconds: seconds, reason: reasonOf(error) }, 'not delivered');
      const failed = { p_id: row.id, p_error: reasonOf(error), p_retry_seconds: seconds };
      await fetchRows(db.rpc('fail_outbox', failed), z.unknown());
    }
  };

  const drain = async (): Promise<void> => {
    do {
      again = false;
      const rows = await fetchRows(
        db.rpc('claim_outbox', { p_limit: batch, p_lease_seconds: leaseSeconds }),
        claimedSchema,
      );
      await Promise.all(rows.map(handle));
      if (rows.length === batch) again = true;
    } while (again && !stopped);
  };

  const recover = async (): Promise<void> => {
    const count = await fetchRows(db.rpc('recover_tasks', { p_grace_seconds: workerGraceSeconds }), z.number());
    if (count > 0) log.warn({ count }, 'tasks of lost workers recovered');
    const waiting = await fetchRows(db.rpc('waiting_tasks', { p_older_seconds: waitingSeconds }), waitingSchema);
    for (const { task_id, run_id } of waiting) {
      if (stopped || (await queue.isPending(run_id))) continue;
      const redone = await fetchRows(db.rpc('redispatch_task', { p_task_id: task_id, p_run_id: run_id }), z.boolean());
      if (redone) log.warn({ taskId: task_id, runId: run_id }, 'the engine lost the run; dispatched again');
    }
  };

  const expire = async (): Promise<void> => {
    const count = await fetchRows(db.rpc('expire_approvals'), z.number());
    if (count > 0) log.info({ count }, 'deployments expired that nobody approved in time');
  };

  /** Runs one round; the database or the engine being away is said once, and the next sweep tries again. */
  const guarded = async (round: () => Promise<void>): Promise<void> => {
    try {
      await round();
      databaseAway = false;
    } catch (error) {
      if (!databaseAway)
        log.warn({ reason: reasonOf(error) }, 'a round of the dispatcher failed; the next sweep tries again');
      databaseAway = true;
    }
  };

  const wake = (): void => {
    if (stopped) return;
    again = true;
    running ??= guarded(drain).finally(() => {
      running = undefined;
    });
  };

  /** Round after round, never two at once; stopped when the last one has ended. */
  const repeat = (ms: number, round: () => Promise<void>): { stop(): Promise<void> | undefined } => {
    let busy: Promise<void> | undefined;
    const timer = setInterval(() => {
      busy ??= guarded(round).finally(() => {
        busy = undefined;
      });
    }, ms);
    return {
      stop() {
        clearInterval(timer);
        return busy;
      },
    };
  };
  const sweep = setInterval(wake, sweepMs);
  const repeated = [repeat(recoverMs, recover), repeat(expireMs, expire)];
  wake();

  return {
    wake,
    async stop() {
      stopped = true;
      clearInterval(sweep);
      await Promise.all([running, ...repeated.map(({ stop }) => stop())]);
    },
  };
}
