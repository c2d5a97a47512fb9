import { randomUUID } from 'node:crypto';
import { type Channel, topicPrefix } from '../../channel/channel.ts';
import { FrameSet, type Topic } from '../../channel/topic.ts';
import type { TenantSettings } from '../../tenant-settings.ts';
import { type ClientMessage, isRecord, type Vsn } from '../../wire/message.ts';
import { encodeText } from '../../wire/text.ts';
import { ChannelCrash, type ChannelExtension } from '../extension.ts';
import { type PresenceDiff, Roster } from './roster.ts';

/** Ends a channel from the server's side: a system error with this text, then `phx_close`. */
export type CloseChannel = (channel: Channel, message: string) => void;

/** Who is here: `track` and `untrack`, the state on join, the differences to everybody in the topic. */
export class PresenceExtension implements ChannelExtension {
  readonly name = 'presence';
  readonly events = ['presence'];
  readonly #rosters = new WeakMap<Topic, Roster>();
  readonly #keys = new WeakMap<Channel, string>();
  readonly #calls = new WeakMap<Channel, number[]>();
  readonly #settings: TenantSettings;
  readonly #close: CloseChannel;

  constructor(settings: TenantSettings, close: CloseChannel) {
    this.#settings = settings;
    this.#close = close;
  }

  joined(channel: Channel): void {
    if (!channel.config.presence.enabled || !channel.access.read.presence) return;
    channel.push('presence_state', JSON.stringify(this.#roster(channel.topic).state()));
  }

  handle(channel: Channel, message: ClientMessage): void {
    if (!isRecord(message.payload)) throw new ChannelCrash('presence payload');
    if (this.#overLimit(channel)) {
      this.#close(channel, 'Client presence rate limit exceeded');
      return;
    }
    const { event, payload } = message.payload;
    if (!channel.access.write.presence || (event !== 'track' && event !== 'untrack')) {
      channel.reply(message.ref, 'error', {});
      return;
    }
    const roster = this.#roster(channel.topic);
    const content = isRecord(payload) ? payload : {};
    const diff = event === 'track' ? roster.track(channel, this.#key(channel), content) : roster.untrack(channel);
    channel.reply(message.ref, 'ok', {});
    this.#publish(channel.topic, diff);
  }

  left(channel: Channel): void {
    const roster = this.#rosters.get(channel.topic);
    if (roster !== undefined) this.#publish(channel.topic, roster.untrack(channel));
  }

  #publish(topic: Topic, diff: PresenceDiff | undefined): void {
    if (diff === undefined) return;
    const payload = JSON.stringify(diff);
    const make = (vsn: Vsn) => () =>
      encodeText(vsn, { joinRef: null, ref: null, topic: topicPrefix + topic.name, event: 'presence_diff', payload });
    const frames = new FrameSet({ '1.0.0': make('1.0.0'), '2.0.0': make('2.0.0') });
    for (const channel of topic.channels) {
      const frame = channel.access.read.presence ? frames.of(channel.link.vsn) : undefined;
      if (frame !== undefined) channel.link.send(frame);
    }
  }

  #roster(topic: Topic): Roster {
    const roster = this.#rosters.get(topic) ?? new Roster();
    this.#rosters.set(topic, roster);
    return roster;
  }

  #key(channel: Channel): string {
    const key = this.#keys.get(channel) ?? (channel.config.presence.key || randomUUID());
    this.#keys.set(channel, key);
    return key;
  }

  #overLimit(channel: Channel): boolean {
    const { max, windowMs } = this.#settings.presenceCalls;
    const now = Date.now();
    const recent = (this.#calls.get(channel) ?? []).filter((at) => at > now - windowMs);
    recent.push(now);
    this.#calls.set(channel, recent);
    return recent.length > max;
  }
}
