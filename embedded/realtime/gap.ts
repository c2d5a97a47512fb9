import type { Channel } from './channel/channel.ts';
import type { ChannelHost } from './channel/channel-host.ts';

const notice = 'The database connection was lost: messages may have been missed';

/**
 * Tells the members that a lost replication stream may have cost something. They get `phx_error`, on which clients join
 * again and fetch what they missed. They are told when the stream is back, so that their join succeeds at once; when it
 * stays away, after `limitMs`.
 */
export class GapNotice {
  readonly #host: ChannelHost;
  readonly #affected: () => Iterable<Channel>;
  readonly #limitMs: number;
  #waiting: Set<Channel> = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(host: ChannelHost, affected: () => Iterable<Channel>, limitMs = 3_000) {
    this.#host = host;
    this.#affected = affected;
    this.#limitMs = limitMs;
  }

  down(): void {
    for (const channel of this.#affected()) this.#waiting.add(channel);
    this.#timer ??= setTimeout(() => this.#tell(), this.#limitMs).unref();
  }

  up(): void {
    this.#tell();
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const channels = [...this.#waiting];
    this.#waiting = new Set();
    for (const channel of channels) this.#host.fail(channel, 'replication_gap', notice);
  }
}
