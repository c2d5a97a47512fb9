import type { Channel } from '../../channel/channel.ts';
import type { Change, Relation } from '../../replication/pgoutput.ts';
import type { Binding } from './binding.ts';
import { matchLocally } from './filter.ts';
import type { TableAnswer, TableQuestion } from './resolver.ts';
import { type ChangeImages, imagesOf, type RowImage } from './row-image.ts';
import { concerns, type Subscription } from './subscriptions.ts';

export interface QueuedChange {
  change: Change;
  commitMs: number;
  xid: number;
}

export interface BatchRow extends QueuedChange {
  n: number;
  images: ChangeImages;
}

/** The changed rows of one table in a batch: what to ask the database about them, and then who gets which. */
export class TableBatch {
  readonly relation: Relation;
  readonly #primaryKey: string[];
  readonly #subscriptions: Subscription[];
  readonly #viewers = new Map<string, number>();
  readonly #filters = new Map<string, number>();
  readonly question: TableQuestion;
  #answer: TableAnswer | undefined;
  #visible: Set<number>[] = [];
  #matches: Set<number>[] = [];

  constructor(relation: Relation, primaryKey: string[], subscriptions: Iterable<Subscription>) {
    this.relation = relation;
    this.#primaryKey = primaryKey;
    this.#subscriptions = [...subscriptions].filter(({ channel }) => channel.open);
    this.question = { relation, roles: new Set(), keys: [], viewers: [], filters: [] };
    for (const { channel } of this.#subscriptions) {
      const { role, claims } = channel.identity;
      this.question.roles.add(role);
      const key = viewerKey(channel);
      if (this.#viewers.has(key)) continue;
      this.#viewers.set(key, this.question.viewers.length);
      this.question.viewers.push({ role, claims });
    }
  }

  /** Takes a row in and notes what must be asked about it. `n` is its number in the whole batch. */
  add(n: number, queued: QueuedChange): BatchRow {
    const row: BatchRow = { ...queued, n, images: imagesOf(queued.change) };
    const { record } = row.images;
    if (record !== undefined && this.#primaryKey.length > 0) this.question.keys.push(pick(n, record, this.#primaryKey));
    const asked = new Set<string>();
    for (const { channel, bindings } of this.#subscriptions) {
      for (const binding of bindings) {
        const key = filterKey(channel, binding);
        if (asked.has(key) || this.#matchHere(row, binding) !== 'ask') continue;
        asked.add(key);
        this.#ask(key, channel.identity.role, binding, row);
      }
    }
    return row;
  }

  settle(answer: TableAnswer): void {
    this.#answer = answer;
    this.#visible = answer.visible.map((list) => new Set(list));
    this.#matches = answer.matches.map((list) => new Set(list));
  }

  get answer(): TableAnswer | undefined {
    return this.#answer;
  }

  /** The channels that get this row, each with its matching bindings. */
  *recipients(row: BatchRow): Iterable<{ channel: Channel; bindings: Binding[] }> {
    for (const { channel, bindings, since } of this.#subscriptions) {
      if (!channel.open || since?.isAfter(row.xid) || !this.#sees(channel, row)) continue;
      const matching = bindings.filter((binding) => this.#matchesBinding(row, channel, binding));
      if (matching.length > 0) yield { channel, bindings: matching };
    }
  }

  #sees(channel: Channel, row: BatchRow): boolean {
    // Deletes cannot be checked: the row is gone. Tables without a key get an error instead of the row.
    if (row.change.type === 'DELETE' || !this.#answer?.rls || this.#answer.pk.length === 0) return true;
    const selectable = this.#answer.roles[channel.identity.role] ?? [];
    // A role that may not read the key is told so (401), as recorded.
    if (!this.#answer.pk.every((name) => selectable.includes(name))) return true;
    const viewer = this.#viewers.get(viewerKey(channel));
    return viewer !== undefined && (this.#visible[viewer]?.has(row.n) ?? false);
  }

  #matchesBinding(row: BatchRow, channel: Channel, binding: Binding): boolean {
    const here = this.#matchHere(row, binding);
    if (here !== 'ask') return here;
    const index = this.#filters.get(filterKey(channel, binding));
    return index !== undefined && (this.#matches[index]?.has(row.n) ?? false);
  }

  #matchHere(row: BatchRow, binding: Binding): boolean | 'ask' {
    if (!concerns(binding, this.relation, row.change.type)) return false;
    const image = row.images.record ?? row.images.oldRecord ?? new Map<string, string | null>();
    let open = false;
    for (const filter of binding.filters) {
      const text = image.get(filter.column);
      // The value is not in the log (a key-only delete, an unchanged TOASTed value): nobody can tell.
      if (text === undefined) return false;
      const matched = matchLocally(filter, text);
      if (matched === false) return false;
      open ||= matched === undefined;
    }
    return open ? 'ask' : true;
  }

  #ask(key: string, role: string, binding: Binding, row: BatchRow): void {
    let index = this.#filters.get(key);
    if (index === undefined) {
      index = this.question.filters.length;
      this.#filters.set(key, index);
      this.question.filters.push({ role, filters: binding.filters, rows: [] });
    }
    const image = row.images.record ?? row.images.oldRecord;
    if (image === undefined) return;
    this.question.filters[index]?.rows.push(
      pick(
        row.n,
        image,
        binding.filters.map(({ column }) => column),
      ),
    );
  }
}

const viewerKey = (channel: Channel): string => channel.identity.json;
const filterKey = (channel: Channel, binding: Binding): string =>
  JSON.stringify([channel.identity.role, binding.filters]);

function pick(n: number, image: RowImage, names: string[]): { __n: number } & Record<string, string | number | null> {
  return { ...Object.fromEntries(names.map((name) => [name, image.get(name) ?? null])), __n: n };
}
