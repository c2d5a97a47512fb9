import pg from 'pg';
import type { Probe } from './probes.ts';

/** What a probe answered, in the recording's terms. */
export interface ProbeAnswer {
  outcome: 'ok' | 'error';
  sqlstate: string | undefined;
  message: string;
  result: string;
}

// These refuse to run inside a transaction, so they run alone and what they leave is removed.
const alone = /^(vacuum|create database|drop database|reindex schema|alter system|create tablespace)\b/i;
// Everything as text, the way the recording holds it.
const asText = { getTypeParser: () => (value: string | Buffer) => String(value) };

/** Runs one probe on a connection of its own, as its login role, in a transaction that is rolled back. */
export async function runProbe(probe: Probe, url: (role: string) => string): Promise<ProbeAnswer> {
  const login = probe.group === 'api-role' ? 'authenticator' : probe.role;
  const client = new pg.Client({ connectionString: url(login), types: asText, connectionTimeoutMillis: 10_000 });
  const warnings: string[] = [];
  client.on('notice', (notice) => {
    if (notice.severity === 'WARNING') warnings.push(`${notice.code}: ${notice.message}`);
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const inTransaction = !alone.test(probe.statement);
    if (inTransaction) await client.query('begin');
    const rows = probe.setup === '' ? [] : await textRows(client, probe.setup);
    rows.push(...(await textRows(client, runnable(probe.statement))));
    if (inTransaction) await client.query('rollback');
    return { outcome: 'ok', sqlstate: '00000', message: warnings.join('; '), result: rows.join('\n').trim() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const sqlstate = 'code' in error ? String(error.code) : undefined;
    return { outcome: 'error', sqlstate, message: error.message, result: '' };
  } finally {
    await client.end();
  }
}

/** The recording marks one statement's variant in words; the words are no SQL. */
const runnable = (statement: string): string => statement.replace(/ \(no schema\)$/, '');

async function textRows(client: pg.Client, sql: string): Promise<string[]> {
  const results = [await client.query({ text: sql, rowMode: 'array' })].flat();
  return results.flatMap((result) =>
    result.rows.map((row) => (Array.isArray(row) ? row.map((value) => value ?? '').join('|') : String(row))),
  );
}
