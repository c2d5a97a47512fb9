import type { Logger } from 'pino';
import { z } from 'zod';
import { type Database, fetchRows } from './database.ts';

export interface CollectionMover {
  /** Look for collections to move now. Never rejects, never blocks. */
  wake(): void;
  /** Begins no step any more and waits for the one that it is at. */
  stop(): Promise<void>;
}

/** Finds what was asked for straight through REST, and what a server that died left. */
const sweepMs = 3_000;

/**
 * Moves promoted collections into tables of their own and clears what deleted and moved ones leave, a step at a time. The
 * database keeps how far it is and lets one server at a time do a step, so that servers may be several, and die.
 */
export function startCollectionMover({ db, log }: { db: Database; log: Logger }): CollectionMover {
  let stopped = false;
  let again = false;
  let running: Promise<void> | undefined;
  let failing = false;

  const round = async (): Promise<void> => {
    let steps = 0;
    try {
      do {
        again = false;
        while (!stopped && (await fetchRows(db.rpc('advance_collections'), z.boolean()))) steps += 1;
      } while (again && !stopped);
      failing = false;
      if (steps > 0) log.info({ steps }, 'collections moved or cleared');
    } catch (error) {
      // Said once; the next sweep tries again.
      const reason = error instanceof Error ? error.message : String(error);
      if (!failing) log.warn({ reason, steps }, 'a step of a collection failed; the next sweep tries again');
      failing = true;
    }
  };

  const wake = (): void => {
    if (stopped) return;
    again = true;
    running ??= round().finally(() => {
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
      await running;
    },
  };
}
