import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Channel } from '../../channel/channel.ts';
import type { JoinConfig } from '../../channel/join-config.ts';
import type { ReplicationStream } from '../../replication/stream.ts';
import { isRecord } from '../../wire/message.ts';
import { type ChannelExtension, JoinRefused } from '../extension.ts';
import { BindingRefused, bindingId, checkBinding } from './binding.ts';
import { Moment } from './moment.ts';
import type { Subscriptions } from './subscriptions.ts';

const streamWaitMs = 5_000;
const retryMs = 1_000;
/** The reply to a join does not wait longer than this for the database. */
const momentLimitMs = 500;

/** Row changes of published tables. The stream is opened with the first subscription, and `ok` is said only once it is live. */
export class PostgresChangesExtension implements ChannelExtension {
  readonly name = 'postgres_changes';
  readonly events: readonly string[] = [];
  readonly #pool: Pool;
  readonly #stream: ReplicationStream;
  readonly #subscriptions: Subscriptions;
  readonly #log: Logger;
  readonly #joinedAt = new WeakMap<Channel, Moment>();

  constructor(parts: { pool: Pool; stream: ReplicationStream; subscriptions: Subscriptions; log: Logger }) {
    this.#pool = parts.pool;
    this.#stream = parts.stream;
    this.#subscriptions = parts.subscriptions;
    this.#log = parts.log;
  }

  async admit(channel: Channel, config: JoinConfig): Promise<Record<string, unknown>> {
    const wanted = rawBindings(channel);
    const echo = wanted.map((raw) => ({ id: bindingId(raw), ...raw }));
    if (wanted.length > 0) await this.#noteMoment(channel);
    if (wanted.length > 0 && config.waitForChangesMs !== undefined) {
      await this.#subscribeBeforeReply(channel, config.waitForChangesMs);
    }
    return { postgres_changes: echo };
  }

  joined(channel: Channel): void {
    if (rawBindings(channel).length > 0) void this.#announce(channel);
  }

  identityChanged(channel: Channel): void {
    if (rawBindings(channel).length > 0) void this.#announce(channel);
  }

  left(channel: Channel): void {
    this.#subscriptions.delete(channel);
  }

  /**
   * Before the reply, so that whatever is committed after it arrives, and nothing that was there before. With the
   * database away there is no moment, and the subscription starts when the stream does.
   */
  async #noteMoment(channel: Channel): Promise<void> {
    const limit = AbortSignal.timeout(momentLimitMs);
    const late = new Promise<never>((_, reject) => {
      limit.addEventListener('abort', () => reject(limit.reason), { once: true });
    });
    try {
      this.#joinedAt.set(channel, await Promise.race([Moment.now(this.#pool), late]));
    } catch (error) {
      this.#log.debug({ err: error, topic: channel.topicName }, 'no snapshot at the join');
    }
  }

  /** `postgres_changes_options.wait`: SUBSCRIBED then means that no change is missed from here on. */
  async #subscribeBeforeReply(channel: Channel, limitMs: number): Promise<void> {
    try {
      if (!(await this.#subscribe(channel, limitMs)))
        throw new JoinRefused('SubscriptionTimeout: The database is not reachable');
    } catch (error) {
      throw error instanceof BindingRefused ? new JoinRefused(`UnableToSubscribe: ${error.message}`) : error;
    }
  }

  async #announce(channel: Channel): Promise<void> {
    const { identity } = channel;
    // A newer identity starts its own subscription.
    const current = (): boolean => channel.open && channel.identity === identity;
    let told = false;
    while (current()) {
      try {
        if (await this.#subscribe(channel, streamWaitMs)) {
          if (current()) channel.system('postgres_changes', 'ok', 'Subscribed to PostgreSQL');
          return;
        }
        if (!told && current()) channel.system('postgres_changes', 'error', 'The database is not reachable, retrying');
        told = true;
      } catch (error) {
        if (error instanceof BindingRefused) {
          if (current()) channel.system('postgres_changes', 'error', error.message);
          return;
        }
        this.#log.warn({ err: error, topic: channel.topicName }, 'subscription failed, retrying');
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  /** Checks all bindings, then registers them together; false when the stream is not live in time. */
  async #subscribe(channel: Channel, limitMs: number): Promise<boolean> {
    const { role } = channel.identity;
    const bindings = [];
    for (const raw of rawBindings(channel)) bindings.push(await checkBinding(this.#pool, raw, role));
    this.#stream.start();
    if (!(await this.#stream.waitLive(limitMs))) return false;
    if (channel.open) this.#subscriptions.set(channel, bindings, this.#joinedAt.get(channel));
    return true;
  }
}

const rawBindings = (channel: Channel): Record<string, unknown>[] => channel.config.postgresChanges.filter(isRecord);
