import type { TopicAccess } from '../database/topic-access.ts';
import type { Identity } from '../token/verifier.ts';
import type { Ref, Vsn, WireFrame } from '../wire/message.ts';
import { encodeText } from '../wire/text.ts';
import type { JoinConfig } from './join-config.ts';
import type { Topic } from './topic.ts';

/** The socket as a channel sees it. */
export interface Link {
  readonly vsn: Vsn;
  send(frame: WireFrame): void;
}

export const topicPrefix = 'realtime:';

/** A member of a topic: one joined topic on one socket. */
export class Channel {
  readonly link: Link;
  /** With the `realtime:` prefix, as on the wire. */
  readonly topicName: string;
  readonly topic: Topic;
  readonly joinRef: Ref;
  readonly config: JoinConfig;
  identity: Identity;
  access: TopicAccess;
  /** False from the moment it left, was closed or failed. */
  open = true;
  readonly leaving = new AbortController();

  constructor(parts: {
    link: Link;
    topic: Topic;
    joinRef: Ref;
    config: JoinConfig;
    identity: Identity;
    access: TopicAccess;
  }) {
    this.link = parts.link;
    this.topic = parts.topic;
    this.topicName = topicPrefix + parts.topic.name;
    this.joinRef = parts.joinRef;
    this.config = parts.config;
    this.identity = parts.identity;
    this.access = parts.access;
  }

  reply(ref: Ref, status: 'ok' | 'error', response: unknown): void {
    this.#send(this.joinRef, ref, 'phx_reply', JSON.stringify({ status, response }));
  }

  /** A message to this member alone; `payload` is JSON text. */
  push(event: string, payload: string): void {
    this.#send(this.joinRef, null, event, payload);
  }

  system(extension: 'system' | 'postgres_changes', status: 'ok' | 'error', message: string): void {
    this.push('system', JSON.stringify({ message, status, extension, channel: this.topic.name }));
  }

  /** `phx_close` ends it for good; clients do not come back by themselves. */
  sendClose(): void {
    this.#send(this.joinRef, this.joinRef, 'phx_close', '{}');
  }

  /** `phx_error` ends it too, but clients join again after a moment. */
  sendError(reason: string): void {
    this.#send(this.joinRef, this.joinRef, 'phx_error', JSON.stringify({ reason }));
  }

  #send(joinRef: Ref, ref: Ref, event: string, payload: string): void {
    this.link.send(encodeText(this.link.vsn, { joinRef, ref, topic: this.topicName, event, payload }));
  }
}
