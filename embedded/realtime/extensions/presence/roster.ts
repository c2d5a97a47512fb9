import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Channel } from '../../channel/channel.ts';

export type Meta = Record<string, unknown>;
export type PresenceMap = Record<string, { metas: Meta[] }>;
export interface PresenceDiff {
  joins: PresenceMap;
  leaves: PresenceMap;
}

interface Tracked {
  key: string;
  payload: Meta;
  meta: Meta;
}

/** Who is tracked in one topic. A channel tracks at most one entry. */
export class Roster {
  readonly #tracked = new Map<Channel, Tracked>();

  state(): PresenceMap {
    const state: PresenceMap = {};
    for (const { key, meta } of this.#tracked.values()) {
      const entry = state[key] ?? { metas: [] };
      entry.metas.push(meta);
      state[key] = entry;
    }
    return state;
  }

  /** The diff that others must learn, undefined when nothing changed. */
  track(channel: Channel, key: string, payload: Meta): PresenceDiff | undefined {
    const before = this.#tracked.get(channel);
    if (before !== undefined && isDeepStrictEqual(before.payload, payload)) return undefined;
    const previous = before === undefined ? {} : { phx_ref_prev: before.meta.phx_ref };
    const meta = { ...payload, phx_ref: randomBytes(12).toString('base64url'), ...previous };
    this.#tracked.set(channel, { key, payload, meta });
    return { joins: { [key]: { metas: [meta] } }, leaves: leavesOf(before) };
  }

  untrack(channel: Channel): PresenceDiff | undefined {
    const before = this.#tracked.get(channel);
    if (before === undefined) return undefined;
    this.#tracked.delete(channel);
    return { joins: {}, leaves: leavesOf(before) };
  }
}

const leavesOf = (tracked: Tracked | undefined): PresenceMap =>
  tracked === undefined ? {} : { [tracked.key]: { metas: [tracked.meta] } };
