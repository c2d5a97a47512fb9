import type { Channel } from '../../channel/channel.ts';
import type { Relation } from '../../replication/pgoutput.ts';
import type { Binding } from './binding.ts';
import type { Moment } from './moment.ts';

export interface Subscription {
  channel: Channel;
  bindings: Binding[];
  /** Changes that were visible by then are old news: whoever joins reads the rows after that. */
  since: Moment | undefined;
}

/** Live subscriptions, found by the table that changed. */
export class Subscriptions {
  readonly #byChannel = new Map<Channel, Subscription>();
  readonly #byTable = new Map<string, Set<Subscription>>();

  get size(): number {
    return this.#byChannel.size;
  }

  set(channel: Channel, bindings: Binding[], since?: Moment): void {
    this.delete(channel);
    const subscription = { channel, bindings, since };
    this.#byChannel.set(channel, subscription);
    for (const key of keysOf(bindings)) {
      const set = this.#byTable.get(key) ?? new Set();
      set.add(subscription);
      this.#byTable.set(key, set);
    }
  }

  delete(channel: Channel): void {
    const subscription = this.#byChannel.get(channel);
    if (subscription === undefined) return;
    this.#byChannel.delete(channel);
    for (const key of keysOf(subscription.bindings)) {
      const set = this.#byTable.get(key);
      set?.delete(subscription);
      if (set?.size === 0) this.#byTable.delete(key);
    }
  }

  /** Everybody with a binding that may concern the table. */
  of(relation: Relation): Set<Subscription> {
    const found = new Set<Subscription>();
    const { schema, table } = relation;
    for (const key of [keyOf(schema, table), keyOf(schema, undefined), keyOf('*', undefined)]) {
      for (const subscription of this.#byTable.get(key) ?? []) found.add(subscription);
    }
    return found;
  }

  channels(): Iterable<Channel> {
    return this.#byChannel.keys();
  }
}

const keyOf = (schema: string, table: string | undefined): string => JSON.stringify([schema, table ?? '*']);
const keysOf = (bindings: Binding[]): Set<string> => new Set(bindings.map((item) => keyOf(item.schema, item.table)));

/** Whether a binding asks for this kind of change of this table; filters aside. */
export function concerns(binding: Binding, relation: Relation, type: string): boolean {
  if (binding.event !== '*' && binding.event !== type) return false;
  if (binding.schema === '*') return true;
  return binding.schema === relation.schema && (binding.table === undefined || binding.table === relation.table);
}
