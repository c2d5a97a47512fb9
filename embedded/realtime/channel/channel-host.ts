import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { openAccess, probeTopic, type TopicAccess } from '../database/topic-access.ts';
import { ChannelCrash, type ChannelExtension, JoinRefused } from '../extensions/extension.ts';
import type { ReplicationStream } from '../replication/stream.ts';
import { joinText, refreshText } from '../token/problem.ts';
import type { Identity, TokenVerifier } from '../token/verifier.ts';
import { type ClientMessage, isRecord, type Ref } from '../wire/message.ts';
import { Channel, type Link, topicPrefix } from './channel.ts';
import { type JoinConfig, parseJoinConfig, parseToken } from './join-config.ts';
import type { TopicRegistry } from './topic.ts';

/** What a join needs to know of its socket. */
export interface Member extends Link {
  /** The identity that the socket connected with. */
  readonly identity: Identity;
  readonly headers: Record<string, string>;
  readonly open: boolean;
}

/** Timers longer than this wrap around in Node. */
const maxTimerMs = 2 ** 31 - 1;
/** How long a private join waits for the feed before it is refused; clients give a join 10 s. */
const feedWaitMs = 5_000;

/** Joins, messages, tokens and the end of channels. What a channel can do is in its extensions. */
export class ChannelHost {
  readonly topics: TopicRegistry;
  readonly #verifier: TokenVerifier;
  readonly #pool: Pool;
  readonly #feed: ReplicationStream;
  readonly #log: Logger;
  #extensions: ChannelExtension[] = [];
  readonly #expiry = new WeakMap<Channel, NodeJS.Timeout>();

  constructor(parts: {
    topics: TopicRegistry;
    verifier: TokenVerifier;
    pool: Pool;
    feed: ReplicationStream;
    log: Logger;
  }) {
    this.topics = parts.topics;
    this.#verifier = parts.verifier;
    this.#pool = parts.pool;
    this.#feed = parts.feed;
    this.#log = parts.log;
  }

  use(extensions: ChannelExtension[]): void {
    this.#extensions = extensions;
  }

  /** Joins a topic and sends the reply. Throws JoinRefused, with nothing left behind. */
  async join(member: Member, message: ClientMessage): Promise<Channel> {
    const name = message.topic?.slice(topicPrefix.length) ?? '';
    if (name === '') throw new JoinRefused('TopicNameRequired: You must provide a topic name');
    const parsed = parseJoinConfig(message.payload, name);
    if (!parsed.ok) throw new JoinRefused(parsed.reason);
    const { config } = parsed;
    const identity = await this.#identify(member, config);
    const access = config.private ? await this.#accessOrRefuse(name, identity, member) : openAccess;
    const topic = this.topics.open(name, config.private);
    const channel = new Channel({ link: member, topic, joinRef: message.joinRef, config, identity, access });
    try {
      const response: Record<string, unknown> = { postgres_changes: [] };
      for (const extension of this.#extensions) Object.assign(response, await extension.admit?.(channel, config));
      if (!member.open) throw new JoinRefused('SocketClosed: The socket was closed');
      // From here to the end nothing waits: what is committed after the client has read the reply reaches it.
      topic.channels.add(channel);
      channel.reply(message.ref, 'ok', response);
    } catch (error) {
      this.#dispose(channel);
      throw error;
    }
    for (const extension of this.#extensions) extension.joined?.(channel);
    this.#watchExpiry(channel);
    if (config.broadcast.replicationReady) void this.#announceFeed(channel);
    return channel;
  }

  /** A message on a joined topic, other than join and leave. Unknown events are ignored. */
  async handle(channel: Channel, message: ClientMessage): Promise<void> {
    if (!channel.open) return;
    try {
      if (message.event === 'access_token') await this.#refresh(channel, message.payload);
      for (const extension of this.#extensions) {
        if (extension.events.includes(message.event)) await extension.handle?.(channel, message);
      }
    } catch (error) {
      if (!(error instanceof ChannelCrash)) this.#log.error({ err: error, topic: channel.topicName }, 'channel failed');
      this.fail(channel, 'channel_crash');
    }
  }

  leave(channel: Channel, ref: Ref): void {
    channel.reply(ref, 'ok', {});
    this.end(channel);
    channel.sendClose();
  }

  /** Ends it with a system error and `phx_close`: the client is told why, and must act itself. */
  close(channel: Channel, reason: string): void {
    if (!channel.open) return;
    channel.system('system', 'error', reason);
    this.end(channel);
    channel.sendClose();
  }

  /** Ends it with `phx_error`: the client joins again by itself. */
  fail(channel: Channel, reason: string, notice?: string): void {
    if (!channel.open) return;
    if (notice !== undefined) channel.system('system', 'error', notice);
    this.end(channel);
    channel.sendError(reason);
  }

  /** Takes it out of everything, without a word to the client. */
  end(channel: Channel): void {
    if (!channel.open) return;
    this.#dispose(channel);
  }

  #dispose(channel: Channel): void {
    channel.open = false;
    channel.leaving.abort();
    clearTimeout(this.#expiry.get(channel));
    channel.topic.channels.delete(channel);
    for (const extension of this.#extensions) extension.left?.(channel);
    this.topics.release(channel.topic);
  }

  async #identify(member: Member, config: JoinConfig): Promise<Identity> {
    const token = config.accessToken ?? member.identity.token;
    const result = await this.#verifier.verify(token);
    if (!result.ok) throw new JoinRefused(joinText(result.problem));
    return result.identity;
  }

  async #accessOrRefuse(topic: string, identity: Identity, member: Member): Promise<TopicAccess> {
    // Being told SUBSCRIBED while the feed is down would be the silent loss that we are here to avoid.
    if (!(await this.#feed.waitLive(feedWaitMs))) {
      throw new JoinRefused('DatabaseConnectionIssue: The database is not reachable');
    }
    let access: TopicAccess;
    try {
      access = await probeTopic(this.#pool, topic, identity, member.headers);
    } catch (error) {
      this.#log.warn({ err: error, topic }, 'authorisation failed');
      throw new JoinRefused('DatabaseConnectionIssue: The database is not reachable');
    }
    if (!access.read.broadcast && !access.read.presence) {
      throw new JoinRefused(`Unauthorized: ${notReadable(topic)}`);
    }
    return access;
  }

  async #refresh(channel: Channel, payload: unknown): Promise<void> {
    const token = isRecord(payload) ? parseToken(payload.access_token) : undefined;
    if (token === undefined || token === channel.identity.token) return;
    const result = await this.#verifier.verify(token);
    if (!result.ok) {
      this.close(channel, refreshText(result.problem));
      return;
    }
    if (channel.topic.private) {
      const access = await probeTopic(this.#pool, channel.topic.name, result.identity, {});
      if (!access.read.broadcast && !access.read.presence) {
        this.close(channel, notReadable(channel.topic.name));
        return;
      }
      channel.access = access;
    }
    if (!channel.open) return;
    channel.identity = result.identity;
    this.#watchExpiry(channel);
    for (const extension of this.#extensions) extension.identityChanged?.(channel);
  }

  #watchExpiry(channel: Channel): void {
    clearTimeout(this.#expiry.get(channel));
    const { exp } = channel.identity;
    const timer = setTimeout(
      () => {
        const secondsAgo = this.#verifier.secondsExpired(exp);
        if (secondsAgo === undefined) this.#watchExpiry(channel);
        else this.close(channel, refreshText({ kind: 'expired', secondsAgo }));
      },
      Math.min(maxTimerMs, Math.max(1, exp * 1_000 - Date.now())),
    );
    this.#expiry.set(channel, timer.unref());
  }

  async #announceFeed(channel: Channel): Promise<void> {
    while (channel.open && !(await this.#feed.waitLive(feedWaitMs)));
    if (channel.open) channel.system('system', 'ok', 'Replication connection established');
  }
}

const notReadable = (topic: string): string => `You do not have permissions to read from this Channel topic: ${topic}`;
