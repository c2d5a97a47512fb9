import type { Setting } from '../schema/model.ts';
import type { Statement } from './batch.ts';

/** What a transaction runs under. */
export interface TransactionSettings {
  searchPath: string;
  role: string;
  claims: string;
  method: string;
  path: string;
  headers: string;
  cookies: string;
  timezone: string | undefined;
  /** Of the role and the function, the function's last. */
  extra: readonly Setting[];
  readOnly: boolean;
}

const isolation = 'default_transaction_isolation';
const isolationLevels: Readonly<Record<string, string>> = {
  'read committed': 'READ COMMITTED',
  'repeatable read': 'REPEATABLE READ',
  serializable: 'SERIALIZABLE',
};

/**
 * The statements that come before the query. Each setting is local to the transaction, and each is always sent: what a
 * function set for the session must not reach the next request. NULL gives the connection's own default.
 */
export function settingStatements(settings: TransactionSettings): Statement[] {
  const extra = new Map(settings.extra.map(({ name, value }) => [name, value]));
  const level = isolationLevels[(extra.get(isolation) ?? '').toLowerCase()];
  extra.delete(isolation);
  const timeout = extra.get('statement_timeout');
  extra.delete('statement_timeout');
  const values: (readonly [string, string | null])[] = [
    ['search_path', settings.searchPath],
    ['role', settings.role],
    ['request.jwt.claims', settings.claims],
    ['request.method', settings.method],
    ['request.path', settings.path],
    ['request.headers', settings.headers],
    ['request.cookies', settings.cookies],
    ['response.status', ''],
    ['response.headers', ''],
    ['pgrst.inserted', ''],
    ['statement_timeout', timeout ?? null],
    ['TimeZone', settings.timezone ?? null],
  ];
  for (const [name, value] of extra) values.push([name, value]);
  // Setting names come from the catalog; the pattern keeps a strange one out of the SQL text.
  const sent = values.filter(([name]) => /^[A-Za-z_][\w.]*$/.test(name));
  const calls = sent.map(([name], index) => `pg_catalog.set_config('${name}',$${index + 1},true)`);
  const readOnly = settings.readOnly && level === undefined;
  if (readOnly) calls.push(`pg_catalog.set_config('transaction_read_only','on',true)`);
  const statements: Statement[] = [];
  // Only a SET as the very first statement may change the isolation level; a SELECT has taken its snapshot already.
  if (level !== undefined)
    statements.push({
      text: `SET TRANSACTION ISOLATION LEVEL ${level} ${settings.readOnly ? 'READ ONLY' : 'READ WRITE'}`,
      values: [],
      prelude: true,
    });
  // First the timeout that the connection came with (see Session). num_nulls: one small value instead of all settings.
  statements.push({
    text: `SELECT pg_catalog.current_setting('statement_timeout'),pg_catalog.num_nulls(${calls.join(',')})`,
    values: sent.map(([, value]) => value),
    prelude: true,
  });
  return statements;
}
