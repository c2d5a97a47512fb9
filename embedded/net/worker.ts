import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { exchange, openConnections } from './exchange.ts';
import { type Answer, QueueStore } from './queue-store.ts';
import type { QueuedRequest } from './request.ts';
import { Slots } from './slots.ts';

export interface NetWorker {
  /** Resolves once the first connection listens. */
  ready: Promise<void>;
  /** Takes no more requests, waits for those on the way up to `graceMs`, stores their answers, disconnects. */
  stop(graceMs?: number): Promise<void>;
}

export interface NetWorkerOptions {
  /** As supabase_admin, to the database whose schema `net` is served. */
  databaseUrl: string;
  log: Logger;
}

const cleanEveryMs = 60_000;
const answersAtOnce = 200;
const reconnect = { firstMs: 50, longestMs: 2_000 } as const;

/**
 * Sends what `net.http_*` queued. Woken by NOTIFY, so a request leaves milliseconds after its commit. Unlike pg_net there are no
 * batches: each answer is stored when it arrives, and a target that hangs holds only its own share of the slots.
 * At most once: a row leaves the queue when it is taken, and is gone if the process dies before the answer.
 */
export function startNetWorker({ databaseUrl, log }: NetWorkerOptions): NetWorker {
  const connections = openConnections();
  const slots = new Slots();
  const stopping = new AbortController();
  const inFlight = new Set<Promise<void>>();
  const answers: Answer[] = [];
  let wake: () => void = () => undefined;
  let work = true;
  const ring = (): void => {
    work = true;
    wake();
  };

  const run = async (request: QueuedRequest): Promise<void> => {
    const release = slots.take(request.url);
    try {
      const outcome = await exchange(request, connections);
      answers.push({ id: request.id, outcome });
    } finally {
      release();
      ring();
    }
  };

  const dispatch = (request: QueuedRequest): void => {
    const sending = run(request).catch((error: unknown) => log.error({ err: error, id: request.id }, 'request lost'));
    inFlight.add(sending);
    void sending.finally(() => inFlight.delete(sending));
  };

  /** Stores what has arrived and takes what fits, until there is nothing to do; then sleeps. */
  const serve = async (store: QueueStore, broken: AbortSignal): Promise<void> => {
    const cleaner = setInterval(() => {
      store.removeExpired().catch((error: unknown) => log.warn({ err: error }, 'old responses were not removed'));
    }, cleanEveryMs);
    try {
      while (!broken.aborted) {
        work = false;
        if (answers.length > 0) {
          const batch = answers.splice(0, answersAtOnce);
          await store.save(batch, log).catch((error: unknown) => {
            answers.unshift(...batch);
            throw error;
          });
          continue;
        }
        if (!stopping.signal.aborted && slots.free > 0) {
          const requests = await store.claim(slots.free, slots.saturated());
          for (const request of requests) dispatch(request);
          if (requests.length > 0) continue;
        }
        if (stopping.signal.aborted && inFlight.size === 0 && answers.length === 0) return;
        if (!work)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      clearInterval(cleaner);
    }
  };

  const { promise: ready, resolve: isReady } = Promise.withResolvers<void>();

  const loop = async (): Promise<void> => {
    let pauseMs: number = reconnect.firstMs;
    while (!(stopping.signal.aborted && inFlight.size === 0 && answers.length === 0)) {
      const client = new pg.Client({
        connectionString: databaseUrl,
        application_name: 'pg_net 0.20.4',
        keepAlive: true,
      });
      const broken = new AbortController();
      client.on('error', (error) => log.debug({ err: error }, 'database connection error'));
      client.on('end', () => {
        broken.abort();
        ring();
      });
      client.on('notification', ring);
      try {
        await client.connect();
        await client.query('listen sfp_net');
        isReady();
        pauseMs = reconnect.firstMs;
        await serve(new QueueStore(client), broken.signal);
      } catch (error) {
        if (stopping.signal.aborted) break;
        log.warn({ err: error, retryMs: pauseMs }, 'the database is not reachable');
        await delay(pauseMs);
        pauseMs = Math.min(pauseMs * 2, reconnect.longestMs);
      } finally {
        // A connection that is lost already cannot be ended in good order; what lost it is logged above.
        await client.end().catch(() => undefined);
      }
    }
  };
  const ended = loop();

  return {
    ready,
    stop: async (graceMs = 5_000) => {
      stopping.abort();
      const timer = setTimeout(() => connections.destroy(), graceMs);
      ring();
      await ended;
      clearTimeout(timer);
      connections.destroy();
    },
  };
}
