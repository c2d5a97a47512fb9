import type { Pool } from 'pg';
import type { Channel } from '../../channel/channel.ts';
import type { JoinConfig } from '../../channel/join-config.ts';
import type { FrameSet } from '../../channel/topic.ts';
import { readReplay, type StoredMessage } from '../../database/replay.ts';
import type { TenantSettings } from '../../tenant-settings.ts';
import { encodeUserBroadcast } from '../../wire/binary.ts';
import { type BinaryBody, type ClientMessage, isRecord } from '../../wire/message.ts';
import { ChannelCrash, type ChannelExtension, JoinRefused } from '../extension.ts';
import { rawBroadcastFrames, textBroadcastFrames, userBroadcastFrames } from './frames.ts';
import { parsePersist, storeBroadcast } from './persist.ts';

type Outgoing = { frames: FrameSet } | { error: unknown };

/** Client-to-client messages: `broadcast` pushes of all forms, acknowledgement, echo, write rights, and replay on join. */
export class BroadcastExtension implements ChannelExtension {
  readonly name = 'broadcast';
  readonly events = ['broadcast'];
  readonly #pool: Pool;
  readonly #settings: TenantSettings;
  readonly #ownIds: Set<string>;
  readonly #replays = new WeakMap<Channel, StoredMessage[]>();

  /** `ownIds`: ids of messages stored here that have been delivered already, for the database feed to leave out. */
  constructor(pool: Pool, settings: TenantSettings, ownIds: Set<string>) {
    this.#pool = pool;
    this.#settings = settings;
    this.#ownIds = ownIds;
  }

  async admit(channel: Channel, config: JoinConfig): Promise<Record<string, unknown>> {
    const { replay } = config.broadcast;
    if (replay === undefined) return {};
    if (!config.private) {
      throw new JoinRefused('UnableToReplayMessages: Replay is not allowed for public channels');
    }
    if (replay === 'invalid') throw new JoinRefused('UnableToReplayMessages: Replay params are not valid');
    this.#replays.set(channel, await readReplay(this.#pool, channel.topic.name, replay.sinceMs, replay.limit));
    return {};
  }

  joined(channel: Channel): void {
    for (const message of this.#replays.get(channel) ?? []) replayTo(channel, message);
    this.#replays.delete(channel);
  }

  async handle(channel: Channel, message: ClientMessage): Promise<void> {
    // Recorded: version 1 passes on whatever it gets, version 2 crashes on anything but an object.
    if (channel.link.vsn === '2.0.0' && message.binary === undefined && !isRecord(message.payload)) {
      throw new ChannelCrash('broadcast payload');
    }
    // Without the right to write nothing is said, as recorded: the topic's members learn nothing, nor does the sender.
    if (!channel.access.write.broadcast) return;
    const outgoing = await this.#prepare(channel, message);
    const { ack, self } = channel.config.broadcast;
    if ('error' in outgoing) {
      if (ack) channel.reply(message.ref, 'error', outgoing.error);
      return;
    }
    channel.topic.fanOut(outgoing.frames, self ? undefined : channel);
    if (ack) channel.reply(message.ref, 'ok', {});
  }

  async #prepare(channel: Channel, message: ClientMessage): Promise<Outgoing> {
    if (message.binary !== undefined) return this.#prepareBinary(channel, message.binary);
    const payload = JSON.stringify(message.payload ?? null);
    if (this.#tooLarge(payload)) return { error: 'payload_size_exceeded' };
    return { frames: textBroadcastFrames(channel.topic.name, payload) };
  }

  async #prepareBinary(channel: Channel, body: BinaryBody): Promise<Outgoing> {
    if (body.data.length > this.#settings.maxPayloadBytes) return { error: 'payload_size_exceeded' };
    const topic = channel.topic.name;
    if (body.kind === 'push') return { frames: rawBroadcastFrames(topic, body.data) };
    const payload = body.encoding === 'json' ? body.data.toString() : undefined;
    if (payload !== undefined && !isJson(payload)) return { error: { error: 'payload is not valid JSON' } };
    const content = payload === undefined ? { bytes: body.data } : { payload };
    const persist = parsePersist(body.meta);
    if (persist === undefined) {
      return { frames: userBroadcastFrames({ topic, event: body.event, meta: '', ...content }) };
    }
    if (!channel.topic.private) return { error: { error: 'persist is only for private channels' } };
    const id = await storeBroadcast(this.#pool, this.#ownIds, { topic, event: body.event, ...content });
    return { frames: userBroadcastFrames({ topic, event: body.event, meta: JSON.stringify({ id }), ...content }) };
  }

  #tooLarge(text: string): boolean {
    return text.length > this.#settings.maxPayloadBytes / 3 && Buffer.byteLength(text) > this.#settings.maxPayloadBytes;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function replayTo(channel: Channel, message: StoredMessage): void {
  const meta = JSON.stringify({ id: message.id, replayed: true });
  if (message.binary === null) {
    const event = JSON.stringify(message.event);
    channel.push('broadcast', `{"event":${event},"meta":${meta},"payload":${message.payload},"type":"broadcast"}`);
    return;
  }
  if (channel.link.vsn === '1.0.0') return;
  const { event, binary: data } = message;
  const frame = encodeUserBroadcast({ topic: channel.topicName, event, meta, encoding: 'binary', data });
  if (frame !== undefined) channel.link.send(frame);
}
