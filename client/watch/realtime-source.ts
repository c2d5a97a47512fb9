import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RealtimeChannel, SupabaseClient } from '@supabase/supabase-js';
import { createClient } from '@supabase/supabase-js';
import type { TopicKind } from '../../contracts/topic.ts';
import {
  environmentLockBroadcast,
  environmentLockPayloadSchema,
  taskEventsBroadcast,
  taskEventsPayloadSchema,
  topic,
} from '../../contracts/topic.ts';
import type { ApiClient } from '../api/client.ts';
import { claimsOf } from '../auth/claims.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { FeedHandlers, FeedSource } from './feed-source.ts';
import { watchersOf } from './watchers.ts';

export interface RealtimeOptions {
  /** The stack's public origin. */
  url: string;
  publishableKey: string;
  credentials: Credentials;
}

// The socket's own tries, and ours for a topic that the server closed (its token ran out) or refused.
const reconnectMs = [200, 500, 1_000, 2_000, 5_000];
const closeLimitMs = 300;
const backoff = (tries: number): number => {
  const base = reconnectMs[Math.min(Math.max(tries, 1), reconnectMs.length) - 1] ?? 5_000;
  return base * (0.75 + Math.random() / 2);
};

/** supabase-js with only its Realtime in use; it asks for a fresh token before each join and with every heartbeat. */
const createRealtime = ({ url, publishableKey, credentials }: RealtimeOptions): SupabaseClient =>
  createClient(url, publishableKey, {
    accessToken: () => credentials.accessToken(),
    // A dead peer is noticed after two heartbeats; the default of 25 s would make that most of a minute.
    realtime: { heartbeatIntervalMs: 10_000, reconnectAfterMs: backoff, timeout: 8_000 },
  });

/** A task's feed from a real stack: the API beside the private topic `task:<id>`. */
export function realtimeSource(options: RealtimeOptions & { api: ApiClient; taskId: string }): FeedSource {
  const { api, taskId } = options;
  return {
    task: (signal) => api.tasks.get(taskId, signal),
    events: async (afterSeq, limit, signal) => {
      const { items, logRemoved } = await api.tasks.events(taskId, { afterSeq, limit, signal });
      return logRemoved ? null : items;
    },
    open: (handlers) => openTopic({ ...options, kind: 'task', id: taskId, presence: true, handlers }),
  };
}

export interface TopicOptions extends RealtimeOptions {
  kind: TopicKind;
  id: string;
  /** Show that we are here, and hear who else is. */
  presence: boolean;
  handlers: FeedHandlers;
}

/** Joins a private topic and stays on it, over dropped sockets and closed channels, until the returned function is called. */
export function openTopic(options: TopicOptions): () => Promise<void> {
  const { kind, id, presence, handlers, credentials } = options;
  const client = createRealtime(options);
  const self = randomUUID();
  let closed = false;
  let channel: RealtimeChannel | undefined;
  let retry: NodeJS.Timeout | undefined;
  let tries = 0;

  const again = (): void => {
    if (closed || retry !== undefined) return;
    tries += 1;
    retry = setTimeout(() => {
      retry = undefined;
      void connect();
    }, backoff(tries));
  };

  const connect = async (): Promise<void> => {
    let name = 'somebody';
    try {
      name = claimsOf(await credentials.accessToken())?.email ?? name;
      await client.realtime.setAuth();
    } catch {
      // No token, no topic. The API is asked for the same token and reports what is wrong with it.
      if (closed) return;
      handlers.lost();
      again();
      return;
    }
    if (closed) return;
    channel = join(name);
  };

  const join = (name: string): RealtimeChannel => {
    const made = client.channel(topic(kind, id), {
      config: { private: true, presence: { key: self, enabled: presence } },
    });
    const current = (): boolean => !closed && made === channel;
    made.on('broadcast', { event: taskEventsBroadcast }, ({ payload }) => {
      const parsed = taskEventsPayloadSchema.safeParse(payload);
      if (current() && parsed.success) handlers.batch(parsed.data);
    });
    made.on('broadcast', { event: environmentLockBroadcast }, ({ payload }) => {
      const parsed = environmentLockPayloadSchema.safeParse(payload);
      if (current() && parsed.success) handlers.lock?.(parsed.data);
    });
    if (presence) {
      made.on('presence', { event: 'sync' }, () => {
        if (current()) handlers.watchers(watchersOf(made.presenceState(), self));
      });
    }
    channel = made;
    return made.subscribe((status) => {
      if (!current()) return;
      if (status === 'SUBSCRIBED') {
        tries = 0;
        handlers.joined();
        if (presence) void made.track({ name });
        return;
      }
      handlers.lost();
      // CHANNEL_ERROR and TIMED_OUT: the library joins again by itself. CLOSED: it does not.
      if (status === 'CLOSED') {
        channel = undefined;
        again();
      }
    });
  };

  void connect();
  return async () => {
    closed = true;
    clearTimeout(retry);
    // A socket that is still connecting keeps the library waiting for 1.5 s; nobody who is done should wait for that.
    await Promise.race([client.realtime.disconnect(), delay(closeLimitMs, undefined, { ref: false })]);
  };
}
