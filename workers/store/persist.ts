import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from './task-store.ts';

const firstPauseMs = 100;
const longestPauseMs = 3_000;

/**
 * Repeats an idempotent call while the database is away: a deployment outlives a restart of the gateway, of REST or of
 * Postgres. Ends with the error when it is not transient, or when `signal` aborts.
 */
export async function persist<Output>(call: () => Promise<Output>, signal?: AbortSignal): Promise<Output> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StoreError && error.transient)) throw error;
      await delay(pauseMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}
