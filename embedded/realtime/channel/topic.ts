import type { Vsn, WireFrame } from '../wire/message.ts';
import type { Channel } from './channel.ts';

/** One room. A public and a private topic of the same name are two rooms. */
export class Topic {
  /** Without the `realtime:` prefix. */
  readonly name: string;
  readonly private: boolean;
  readonly channels = new Set<Channel>();
  /** Channels that hold on to it, joined or about to. */
  holders = 0;
  /** Broadcasts from the database have been delivered here: its members would miss some in a gap of the stream. */
  fedByDatabase = false;

  constructor(name: string, isPrivate: boolean) {
    this.name = name;
    this.private = isPrivate;
  }

  /** Writes one message to every member (except `except`), made once for each protocol version that is present. */
  fanOut(frames: FrameSet, except?: Channel): void {
    for (const channel of this.channels) {
      if (channel === except) continue;
      const frame = frames.of(channel.link.vsn);
      if (frame !== undefined) channel.link.send(frame);
    }
  }
}

/** A message in each protocol version, made when first needed. A version that cannot carry it gets nothing. */
export class FrameSet {
  readonly #make: Record<Vsn, () => WireFrame | undefined>;
  readonly #made = new Map<Vsn, WireFrame | undefined>();

  constructor(make: Record<Vsn, () => WireFrame | undefined>) {
    this.#make = make;
  }

  of(vsn: Vsn): WireFrame | undefined {
    if (!this.#made.has(vsn)) this.#made.set(vsn, this.#make[vsn]());
    return this.#made.get(vsn);
  }
}

/** All rooms that somebody holds. */
export class TopicRegistry {
  readonly #topics = new Map<string, Topic>();

  find(name: string, isPrivate: boolean): Topic | undefined {
    return this.#topics.get(keyOf(name, isPrivate));
  }

  /** Takes hold of the room, made if nobody has it yet. To be given back with `release`. */
  open(name: string, isPrivate: boolean): Topic {
    const key = keyOf(name, isPrivate);
    const topic = this.#topics.get(key) ?? new Topic(name, isPrivate);
    topic.holders += 1;
    this.#topics.set(key, topic);
    return topic;
  }

  release(topic: Topic): void {
    topic.holders -= 1;
    if (topic.holders === 0) this.#topics.delete(keyOf(topic.name, topic.private));
  }

  *channels(): Iterable<Channel> {
    for (const topic of this.#topics.values()) yield* topic.channels;
  }
}

const keyOf = (name: string, isPrivate: boolean): string => `${isPrivate ? 'private' : 'public'}:${name}`;
