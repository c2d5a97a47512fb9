import type { Logger } from 'pino';
import type { TopicRegistry } from '../../channel/topic.ts';
import type { Change, ColumnValue } from '../../replication/pgoutput.ts';
import type { TenantSettings } from '../../tenant-settings.ts';
import { userBroadcastFrames } from './frames.ts';

/**
 * Rows of realtime.messages on their way to the members of their topic, in commit order. This is the platform's live feed:
 * nothing here waits, the payload is never parsed, and a topic without members costs nothing.
 */
export class DatabaseFeed {
  readonly #topics: TopicRegistry;
  readonly #settings: TenantSettings;
  readonly #ownIds: Set<string>;
  readonly #log: Logger;

  constructor(topics: TopicRegistry, settings: TenantSettings, ownIds: Set<string>, log: Logger) {
    this.#topics = topics;
    this.#settings = settings;
    this.#ownIds = ownIds;
    this.#log = log;
  }

  deliver(change: Change): void {
    if (change.type !== 'INSERT' || change.new === undefined || change.relation.schema !== 'realtime') return;
    const row = new Map<string, ColumnValue | undefined>(
      change.relation.columns.map((column, index) => [column.name, change.new?.[index]]),
    );
    const id = textOf(row.get('id')) ?? '';
    if (this.#ownIds.delete(id)) return;
    if (textOf(row.get('extension')) !== 'broadcast') return;
    const topic = this.#topics.find(textOf(row.get('topic')) ?? '', textOf(row.get('private')) === 't');
    if (topic === undefined) return;
    const payload = textOf(row.get('payload'));
    const binary = textOf(row.get('binary_payload'));
    if (payload === undefined && binary === undefined) return;
    if ((payload ?? binary ?? '').length > this.#settings.maxPayloadBytes) {
      this.#log.warn({ topic: topic.name, id }, 'message from the database is over the payload limit: not delivered');
      return;
    }
    topic.fedByDatabase = true;
    topic.fanOut(
      userBroadcastFrames({
        topic: topic.name,
        event: textOf(row.get('event')) ?? '',
        meta: JSON.stringify({ id }),
        ...(payload === undefined ? { bytes: Buffer.from((binary ?? '').slice(2), 'hex') } : { payload }),
      }),
    );
  }
}

const textOf = (value: ColumnValue | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
