import type { EnvironmentLock } from '../../contracts/environment-lock.ts';
import { isPassing } from '../api/api-error.ts';
import type { ApiClient } from '../api/client.ts';
import type { TicketOf } from '../api/resources/environment-lock.ts';
import { openTopic, type RealtimeOptions } from './realtime-source.ts';

export interface LockWait extends RealtimeOptions {
  api: ApiClient;
  ticket: TicketOf;
  signal: AbortSignal;
  /** Told at the beginning and whenever the place or the expected time has changed. */
  onWaiting?(lock: EnvironmentLock): void;
  /** The server is away; the wait goes on. */
  onAway?(error: unknown): void;
}

// Four signs of life in the time that an attended place is kept; without Realtime also what tells that it is one's turn.
const signMs = 30_000;
const pollMs = 3_000;
const retryMs = 1_000;

/**
 * Waits until the ticket is no longer waiting, and answers it: held, or how it ended. Shows that somebody waits, is
 * woken by the environment's topic, and asks again by itself while that or the server is away. Ends with the signal's
 * reason; the ticket is then as it was.
 */
export async function waitForLock(options: LockWait): Promise<EnvironmentLock> {
  const { api, ticket, signal } = options;
  let joined = false;
  let woken = false;
  let wake = (): void => undefined;
  const wakeUp = (): void => {
    woken = true;
    wake();
  };
  const close = openTopic({
    ...options,
    kind: 'environment',
    id: ticket.environmentId,
    presence: false,
    handlers: {
      // What was told before it joined is not told again.
      joined: () => {
        joined = true;
        wakeUp();
      },
      lost: () => {
        joined = false;
        wakeUp();
      },
      batch: () => undefined,
      watchers: () => undefined,
      lock: (change) => {
        if (change.ticketId === ticket.ticketId && change.status !== 'waiting') wakeUp();
      },
    },
  });
  const pause = async (ms: number): Promise<void> => {
    if (!woken && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          resolve();
        };
        wake = end;
        signal.addEventListener('abort', end, { once: true });
      });
    }
    woken = false;
  };
  try {
    for (;;) {
      signal.throwIfAborted();
      const lock = await api.locks.renew(ticket, {}, signal).catch((error: unknown) => {
        if (!isPassing(error)) throw error;
        options.onAway?.(error);
        return undefined;
      });
      if (lock !== undefined && lock.status !== 'waiting') return lock;
      if (lock !== undefined) options.onWaiting?.(lock);
      await pause(lock === undefined ? retryMs : joined ? signMs : pollMs);
    }
  } finally {
    // Closing takes up to 300 ms, in which who has the lock could already work. It never rejects.
    void close();
  }
}
