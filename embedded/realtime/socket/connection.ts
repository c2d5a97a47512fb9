import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { type Channel, topicPrefix } from '../channel/channel.ts';
import type { ChannelHost, Member } from '../channel/channel-host.ts';
import { JoinRefused } from '../extensions/extension.ts';
import type { TenantSettings } from '../tenant-settings.ts';
import type { Identity } from '../token/verifier.ts';
import { parseBinary } from '../wire/binary.ts';
import type { ClientMessage, Ref, Vsn, WireFrame } from '../wire/message.ts';
import { encodeText, parseText } from '../wire/text.ts';

/**
 * One WebSocket. Messages of one topic are handled one after the other; a slow join of one topic never delays another.
 */
export class Connection implements Member {
  readonly vsn: Vsn;
  readonly identity: Identity;
  readonly headers: Record<string, string>;
  readonly #socket: WebSocket;
  readonly #host: ChannelHost;
  readonly #settings: TenantSettings;
  readonly #log: Logger;
  readonly #channels = new Map<string, Channel>();
  readonly #joining = new Set<string>();
  readonly #queues = new Map<string, Promise<void>>();
  #heardAt = Date.now();

  constructor(parts: {
    socket: WebSocket;
    vsn: Vsn;
    identity: Identity;
    headers: Record<string, string>;
    host: ChannelHost;
    settings: TenantSettings;
    log: Logger;
  }) {
    this.#socket = parts.socket;
    this.vsn = parts.vsn;
    this.identity = parts.identity;
    this.headers = parts.headers;
    this.#host = parts.host;
    this.#settings = parts.settings;
    this.#log = parts.log;
    parts.socket.on('message', (data, isBinary) => this.#receive(toBuffer(data), isBinary));
    parts.socket.on('ping', () => {
      this.#heardAt = Date.now();
    });
    parts.socket.on('close', () => this.#closed());
    // A broken frame or a reset: `close` follows and cleans up.
    parts.socket.on('error', (error) => this.#log.debug({ err: error }, 'socket error'));
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Writes a frame, or drops a reader that is too far behind: memory stays bounded, and it reconnects when it can. */
  send(frame: WireFrame): void {
    if (!this.open) return;
    if (this.#socket.bufferedAmount > this.#settings.maxBufferedBytes) {
      this.#log.warn({ bufferedBytes: this.#socket.bufferedAmount }, 'slow consumer dropped');
      this.#socket.terminate();
      return;
    }
    this.#socket.send(frame.data, { binary: frame.binary, compress: false });
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Closes the socket when nothing came from it for too long. */
  checkHeartbeat(now: number): void {
    if (now - this.#heardAt > this.#settings.heartbeatTimeoutMs) this.#socket.close(1000);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const message = isBinary
      ? this.vsn === '2.0.0'
        ? parseBinary(data)
        : undefined
      : parseText(this.vsn, data.toString());
    if (message === undefined) {
      this.#log.debug({ bytes: data.length, isBinary }, 'malformed frame ignored');
      return;
    }
    this.#heardAt = Date.now();
    const { topic } = message;
    if (topic === 'phoenix' && message.event === 'heartbeat') {
      this.#reply(null, message.ref, topic, 'ok', {});
      return;
    }
    if (topic === null) {
      this.#unmatched(message);
      return;
    }
    this.#enqueue(topic, message);
  }

  #enqueue(topic: string, message: ClientMessage): void {
    const before = this.#queues.get(topic) ?? Promise.resolve();
    const after = before
      .then(() => this.#handle(topic, message))
      .catch((error: unknown) => this.#log.error({ err: error, topic }, 'message failed'))
      .finally(() => {
        if (this.#queues.get(topic) === after) this.#queues.delete(topic);
      });
    this.#queues.set(topic, after);
  }

  async #handle(topic: string, message: ClientMessage): Promise<void> {
    if (!this.open) return;
    if (message.event === 'phx_join' && topic.startsWith(topicPrefix)) return this.#join(topic, message);
    const channel = this.#channels.get(topic);
    const alive = channel?.open === true ? channel : undefined;
    if (message.event === 'phx_leave') {
      if (alive === undefined) this.#reply(message.joinRef, message.ref, topic, 'ok', {});
      else this.#host.leave(alive, message.ref);
      this.#channels.delete(topic);
      return;
    }
    if (alive === undefined) this.#unmatched(message);
    else await this.#host.handle(alive, message);
  }

  async #join(topic: string, message: ClientMessage): Promise<void> {
    const previous = this.#channels.get(topic);
    const refuse = (reason: string): void => {
      this.#reply(message.joinRef, message.ref, topic, 'error', { reason });
    };
    if (previous === undefined && this.#count() >= this.#settings.maxChannelsPerSocket) {
      refuse('ChannelRateLimitReached: Too many channels');
      return;
    }
    this.#joining.add(topic);
    try {
      const channel = await this.#host.join(this, message);
      this.#channels.set(topic, channel);
      if (previous?.open === true) {
        this.#host.end(previous);
        previous.sendClose();
      }
      if (!this.open) this.#host.end(channel);
    } catch (error) {
      if (!(error instanceof JoinRefused)) this.#log.error({ err: error, topic }, 'join failed');
      refuse(error instanceof JoinRefused ? error.reason : 'UnknownErrorOnChannel: internal error');
    } finally {
      this.#joining.delete(topic);
    }
  }

  #count(): number {
    let count = this.#joining.size;
    for (const [topic, channel] of this.#channels) if (channel.open && !this.#joining.has(topic)) count += 1;
    return count;
  }

  #unmatched(message: ClientMessage): void {
    this.#reply(null, message.ref, message.topic, 'error', { reason: 'unmatched topic' });
  }

  #reply(joinRef: Ref, ref: Ref, topic: string | null, status: 'ok' | 'error', response: unknown): void {
    const payload = JSON.stringify({ status, response });
    this.send(encodeText(this.vsn, { joinRef, ref, topic, event: 'phx_reply', payload }));
  }

  #closed(): void {
    for (const channel of this.#channels.values()) this.#host.end(channel);
    this.#channels.clear();
  }
}

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
