import type { Logger } from 'pino';
import { z } from 'zod';
import { type Database, fetchRows } from './database.ts';

const sweepMs = 2_000;

/**
 * Hands on what has run out and nobody asks about, so that who waits is told. Whoever asks does the same, so a sweep
 * that fails costs only time.
 */
export function startLockSweep({ db, log }: { db: Database; log: Logger }): { stop(): Promise<void> } {
  let running: Promise<void> | undefined;
  let failing = false;
  const sweep = async (): Promise<void> => {
    try {
      const count = await fetchRows(db.rpc('sweep_environment_locks'), z.number());
      if (count > 0) log.info({ count }, 'environments handed on');
      failing = false;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!failing) log.warn({ reason }, 'locks were not swept; tried again');
      failing = true;
    }
  };
  const timer = setInterval(() => {
    running ??= sweep().finally(() => {
      running = undefined;
    });
  }, sweepMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
