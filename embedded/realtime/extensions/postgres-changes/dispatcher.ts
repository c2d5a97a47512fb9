import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { type Channel, topicPrefix } from '../../channel/channel.ts';
import { FrameSet } from '../../channel/topic.ts';
import type { Relation } from '../../replication/pgoutput.ts';
import type { TenantSettings } from '../../tenant-settings.ts';
import type { Vsn } from '../../wire/message.ts';
import { encodeText } from '../../wire/text.ts';
import { type BatchRow, type QueuedChange, TableBatch } from './batch.ts';
import type { Binding } from './binding.ts';
import { changeData } from './change-data.ts';
import { PrimaryKeys, resolveChanges } from './resolver.ts';
import type { Subscriptions } from './subscriptions.ts';
import { TypeCatalog } from './type-catalog.ts';

const maxBatch = 200;

/**
 * Changes on their way from the log to the subscribers. What arrives while a visibility check is under way waits and is
 * then checked together, so a burst costs few round trips; the order of the log is kept.
 */
export class ChangeDispatcher {
  readonly #pool: Pool;
  readonly #subscriptions: Subscriptions;
  readonly #settings: TenantSettings;
  readonly #log: Logger;
  readonly #types: TypeCatalog;
  readonly #keys: PrimaryKeys;
  readonly #lost: (channels: Channel[], reason: string) => void;
  #queue: QueuedChange[] = [];
  #draining = false;

  /** `lost` is called with the channels that missed changes. */
  constructor(parts: {
    pool: Pool;
    subscriptions: Subscriptions;
    settings: TenantSettings;
    log: Logger;
    lost: (channels: Channel[], reason: string) => void;
  }) {
    this.#pool = parts.pool;
    this.#subscriptions = parts.subscriptions;
    this.#settings = parts.settings;
    this.#log = parts.log;
    this.#lost = parts.lost;
    this.#types = new TypeCatalog(parts.pool);
    this.#keys = new PrimaryKeys(parts.pool);
  }

  enqueue(queued: QueuedChange): void {
    if (this.#subscriptions.of(queued.change.relation).size === 0) return;
    if (this.#queue.length >= this.#settings.maxQueuedChanges) {
      this.#queue = [];
      this.#log.warn('too many changes are waiting for their visibility check');
      this.#lost([...this.#subscriptions.channels()], 'Too many changes: some were not delivered');
      return;
    }
    this.#queue.push(queued);
    if (!this.#draining) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, maxBatch);
      try {
        await this.#process(batch);
      } catch (error) {
        this.#log.error({ err: error, changes: batch.length }, 'changes could not be checked');
        const relations = new Set(batch.map(({ change }) => change.relation));
        const channels = new Set<Channel>();
        for (const relation of relations) {
          for (const { channel } of this.#subscriptions.of(relation)) channels.add(channel);
        }
        this.#lost([...channels], 'Changes could not be checked: some were not delivered');
      }
    }
    this.#draining = false;
  }

  async #process(batch: QueuedChange[]): Promise<void> {
    const tables = new Map<Relation, TableBatch>();
    const order: { table: TableBatch; row: BatchRow }[] = [];
    for (const [n, queued] of batch.entries()) {
      const { relation } = queued.change;
      let table = tables.get(relation);
      if (table === undefined) {
        await this.#types.load(relation.columns.map((column) => column.typeId));
        table = new TableBatch(relation, await this.#keys.of(relation), this.#subscriptions.of(relation));
        tables.set(relation, table);
      }
      order.push({ table, row: table.add(n, queued) });
    }
    const list = [...tables.values()];
    const answers = await resolveChanges(
      this.#pool,
      list.map((table) => table.question),
      new Set(batch.map(({ xid }) => xid)),
    );
    for (const [index, table] of list.entries()) {
      const answer = answers[index];
      if (answer !== undefined) table.settle(answer);
    }
    for (const { table, row } of order) this.#deliver(table, row);
  }

  #deliver(table: TableBatch, row: BatchRow): void {
    const { answer } = table;
    // The table was dropped since: nobody can say any more who might have seen it.
    if (answer === undefined || answer.gone) return;
    const data = new Map<string, string>();
    const frames = new Map<string, FrameSet>();
    for (const { channel, bindings } of table.recipients(row)) {
      for (const [select, ids] of bySelection(bindings)) {
        const { role } = channel.identity;
        const dataKey = JSON.stringify([role, select]);
        const json =
          data.get(dataKey) ??
          changeData({
            ...row,
            answer,
            role,
            select,
            types: this.#types,
            maxRecordBytes: this.#settings.maxRecordBytes,
          });
        data.set(dataKey, json);
        const frameKey = JSON.stringify([dataKey, channel.topicName, ids]);
        const set =
          frames.get(frameKey) ?? changeFrames(channel.topic.name, `{"data":${json},"ids":[${ids.join(',')}]}`);
        frames.set(frameKey, set);
        const frame = set.of(channel.link.vsn);
        if (frame !== undefined) channel.link.send(frame);
      }
    }
  }
}

function bySelection(bindings: Binding[]): Iterable<[string[] | undefined, number[]]> {
  const groups = new Map<string, [string[] | undefined, number[]]>();
  for (const { select, id } of bindings) {
    const key = JSON.stringify(select ?? null);
    const group = groups.get(key) ?? [select, []];
    group[1].push(id);
    groups.set(key, group);
  }
  return groups.values();
}

function changeFrames(topic: string, payload: string): FrameSet {
  const make = (vsn: Vsn) => () =>
    encodeText(vsn, { joinRef: null, ref: null, topic: topicPrefix + topic, event: 'postgres_changes', payload });
  return new FrameSet({ '1.0.0': make('1.0.0'), '2.0.0': make('2.0.0') });
}
