import { isRecord } from '../wire/message.ts';

interface ReplayRequest {
  sinceMs: number;
  limit: number | undefined;
}

/** What a client asked for when it joined. Clients of all ages send this, so reading it is lenient where the recorded server is. */
export interface JoinConfig {
  broadcast: { ack: boolean; self: boolean; replicationReady: boolean; replay: ReplayRequest | 'invalid' | undefined };
  presence: { enabled: boolean; key: string };
  /** The list of bindings as sent. */
  postgresChanges: unknown[];
  /** Hold the join reply until the bindings are live, for so long. */
  waitForChangesMs: number | undefined;
  private: boolean;
  /** Undefined when absent, null or a platform key, which only the gateway understands. */
  accessToken: string | undefined;
}

const wait = { defaultMs: 15_000, maxMs: 20_000 };

export type ParsedConfig = { ok: true; config: JoinConfig } | { ok: false; reason: string };

/** `topicName` is the topic without its prefix: without any config it is read as `schema[:table[:filter]]`, the first API. */
export function parseJoinConfig(payload: unknown, topicName: string): ParsedConfig {
  if (!isRecord(payload)) return invalid('payload');
  const raw = payload.config ?? {};
  if (!isRecord(raw)) return invalid('config');
  const broadcast = raw.broadcast ?? {};
  const presence = raw.presence ?? {};
  if (!isRecord(broadcast)) return invalid('config.broadcast');
  if (!isRecord(presence)) return invalid('config.presence');
  const bindings = 'config' in payload ? raw.postgres_changes : [bindingOfTopic(topicName)];
  const key = presence.key;
  const list = Array.isArray(bindings) ? bindings.filter((item) => item !== null) : [];
  if (list.some((item) => !isRecord(item))) return invalid('config.postgres_changes');
  return {
    ok: true,
    config: {
      broadcast: {
        ack: flag(broadcast.ack),
        self: flag(broadcast.self),
        replicationReady: flag(broadcast.replication_ready),
        replay: parseReplay(broadcast.replay),
      },
      presence: {
        enabled: flag(presence.enabled),
        key: typeof key === 'number' ? String(key) : typeof key === 'string' ? key : '',
      },
      postgresChanges: list,
      waitForChangesMs: parseWait(raw.postgres_changes_options),
      private: flag(raw.private),
      accessToken: parseToken(payload.access_token),
    },
  };
}

/** Platform keys (`sb_…`) and anything but a string leave the socket's own token in place. */
export const parseToken = (value: unknown): string | undefined =>
  typeof value === 'string' && !value.startsWith('sb_') ? value : undefined;

const invalid = (what: string): ParsedConfig => ({
  ok: false,
  reason: `UnknownErrorOnChannel: ${what} is not valid`,
});

const flag = (value: unknown): boolean =>
  value === true || (typeof value === 'string' && value.toLowerCase() === 'true');

function bindingOfTopic(topicName: string): Record<string, string> {
  const [schema = '', table, ...filter] = topicName.split(':');
  return {
    schema,
    ...(table === undefined ? {} : { table }),
    ...(filter.length === 0 ? {} : { filter: filter.join(':') }),
  };
}

function parseReplay(value: unknown): ReplayRequest | 'invalid' | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value) || typeof value.since !== 'number') return 'invalid';
  const limit = value.limit;
  if (limit !== undefined && typeof limit !== 'number') return 'invalid';
  return { sinceMs: value.since, limit };
}

function parseWait(value: unknown): number | undefined {
  if (!isRecord(value) || !flag(value.wait)) return undefined;
  const timeout = value.timeout;
  return typeof timeout === 'number' ? Math.min(Math.max(0, timeout), wait.maxMs) : wait.defaultMs;
}
