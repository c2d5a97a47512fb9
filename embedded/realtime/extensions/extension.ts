import type { Channel } from '../channel/channel.ts';
import type { JoinConfig } from '../channel/join-config.ts';
import type { ClientMessage } from '../wire/message.ts';

/** Ends a join with an error reply; `reason` is what the client sees. */
export class JoinRefused extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.name = 'JoinRefused';
    this.reason = reason;
  }
}

/** A message that no correct client sends: the channel is ended with `phx_error`, as the recorded server does. */
export class ChannelCrash extends Error {}

/**
 * A feature of channels. The host calls `admit` before the join reply, `joined` right after it in the same turn of the event
 * loop, and `left` exactly once. `handle` gets the client's messages whose event is in `events`, one at a time per channel.
 */
export interface ChannelExtension {
  readonly name: string;
  readonly events: readonly string[];
  /** Checks the request and adds to the join reply; throws JoinRefused. */
  admit?(channel: Channel, config: JoinConfig): Promise<Record<string, unknown>> | Record<string, unknown>;
  joined?(channel: Channel): void;
  handle?(channel: Channel, message: ClientMessage): Promise<void> | void;
  /** The channel has a new identity, and its access has been read again. */
  identityChanged?(channel: Channel): void;
  left?(channel: Channel): void;
}
