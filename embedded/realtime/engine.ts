import { createServer } from 'node:http';
import type { Logger } from 'pino';
import type { Channel } from './channel/channel.ts';
import { ChannelHost } from './channel/channel-host.ts';
import { TopicRegistry } from './channel/topic.ts';
import { migrate } from './database/migrate.ts';
import { createPool } from './database/pool.ts';
import type { RealtimeEnv } from './env.ts';
import { BroadcastExtension } from './extensions/broadcast/broadcast.ts';
import { DatabaseFeed } from './extensions/broadcast/database-feed.ts';
import { ChangeDispatcher } from './extensions/postgres-changes/dispatcher.ts';
import { PostgresChangesExtension } from './extensions/postgres-changes/postgres-changes.ts';
import { Subscriptions } from './extensions/postgres-changes/subscriptions.ts';
import { PresenceExtension } from './extensions/presence/presence.ts';
import { GapNotice } from './gap.ts';
import { BroadcastApi } from './http/broadcast-api.ts';
import { Health } from './http/health.ts';
import { Router } from './http/router.ts';
import { ReplicationStream } from './replication/stream.ts';
import { Acceptor } from './socket/acceptor.ts';
import { TokenVerifier } from './token/verifier.ts';

export interface Engine {
  port: number;
  /** Closes every socket with 1012 and every database connection. */
  stop(): Promise<void>;
}

const janitorEveryMs = 60 * 60 * 1_000;
const migrateRetryMs = 500;
const socketCloseMs = 1_000;
const databaseCloseMs = 2_000;

/** Starts the engine: it listens at once, and is healthy as soon as the schema is in place and the feed is live. */
export async function startEngine(env: RealtimeEnv, log: Logger): Promise<Engine> {
  const { settings, database } = env;
  const verifier = await TokenVerifier.create(env.jwtSecret, env.jwks);
  const pool = createPool(database, log);
  const topics = new TopicRegistry();
  const ownIds = new Set<string>();

  const databaseFeed = new DatabaseFeed(topics, settings, ownIds, log);
  const feed = new ReplicationStream(
    database,
    'supabase_realtime_messages_publication',
    {
      output: (output) => {
        if (output.kind === 'change') databaseFeed.deliver(output.change);
      },
      up: () => feedGap.up(),
      down: () => {
        ownIds.clear();
        feedGap.down();
      },
    },
    log,
  );
  const host = new ChannelHost({ topics, verifier, pool, feed, log });
  const feedGap = new GapNotice(host, () => fedChannels(topics));

  const subscriptions = new Subscriptions();
  const changesGap = new GapNotice(host, () => subscriptions.channels());
  const dispatcher = new ChangeDispatcher({
    pool,
    subscriptions,
    settings,
    log,
    lost: (channels, reason) => {
      for (const channel of channels) host.fail(channel, 'changes_lost', reason);
    },
  });
  let transaction = { commitMs: 0, xid: 0 };
  const changes = new ReplicationStream(
    database,
    'supabase_realtime',
    {
      output: (output) => {
        if (output.kind === 'begin') transaction = output;
        else if (output.kind === 'change') dispatcher.enqueue({ change: output.change, ...transaction });
      },
      up: () => changesGap.up(),
      down: () => changesGap.down(),
    },
    log,
  );
  host.use([
    new BroadcastExtension(pool, settings, ownIds),
    new PresenceExtension(settings, (channel, message) => host.close(channel, message)),
    new PostgresChangesExtension({ pool, stream: changes, subscriptions, log }),
  ]);

  const acceptor = new Acceptor({ verifier, host, settings, log });
  const health = new Health(pool, feed, () => acceptor.size);
  const broadcast = new BroadcastApi({ topics, pool, verifier, settings, ownIds });
  const router = new Router({ settings, verifier, health, broadcast, log });
  const server = createServer((request, response) => void router.handle(request, response));
  server.on('upgrade', (request, socket, head) => {
    acceptor.upgrade(request, socket, head).catch((error: unknown) => {
      log.error({ err: error }, 'upgrade failed');
      socket.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(env.port, env.host, resolve);
  });

  const stopping = new AbortController();
  const prepared = prepare(stopping.signal);
  const janitor = setInterval(() => {
    pool.query('select realtime.sfp_maintain_partitions()').catch((error: unknown) => {
      log.warn({ err: error }, 'partitions could not be maintained; the next run tries again');
    });
  }, janitorEveryMs).unref();

  async function prepare(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await migrate(pool, log);
        health.markReady();
        feed.start();
        return;
      } catch (error) {
        if (!signal.aborted) log.warn({ err: error }, 'schema is not in place yet, trying again');
        await new Promise((resolve) => setTimeout(resolve, migrateRetryMs));
      }
    }
  }

  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : env.port,
    stop: async () => {
      stopping.abort();
      clearInterval(janitor);
      server.close();
      await acceptor.close(socketCloseMs);
      server.closeAllConnections();
      // A database that does not answer must not hold up the stop.
      await Promise.race([
        prepared.then(() => Promise.all([feed.stop(), changes.stop(), pool.end()])),
        new Promise((resolve) => setTimeout(resolve, databaseCloseMs)),
      ]);
    },
  };
}

/** Members that would miss something when the feed has a gap. */
function* fedChannels(topics: TopicRegistry): Iterable<Channel> {
  for (const channel of topics.channels()) {
    const { topic, config } = channel;
    if (topic.private || topic.fedByDatabase || config.broadcast.replicationReady) yield channel;
  }
}
