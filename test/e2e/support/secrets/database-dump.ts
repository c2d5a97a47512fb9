import pg from 'pg';
import type { Finding } from './finding.ts';
import type { SecretBook } from './secret-book.ts';

const tablesOf = `select n.nspname as schema, c.relname as name from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm') and n.nspname !~ '^pg_(toast|temp)' order by 1, 2`;
const rowsAtOnce = 2_000;

/** Databases of a server that can be looked into. */
export async function databasesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ datname: string }>(
    'select datname from pg_database where datallowconn order by 1',
  );
  return rows.map(({ datname }) => datname);
}

/**
 * Every row of every table of a database, the system's tables too (roles, functions, settings, statistics), as text.
 * A finding names the column, so that an exception holds for one.
 */
export async function searchTables(
  client: pg.Client,
  book: SecretBook,
): Promise<{ findings: Finding[]; rows: number }> {
  const { rows: tables } = await client.query<{ schema: string; name: string }>(tablesOf);
  const findings: Finding[] = [];
  let count = 0;
  for (const { schema, name } of tables) {
    const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
    await client.query('begin');
    await client.query(`declare dump no scroll cursor for select t::text as line from ${table} t`);
    for (;;) {
      const { rows } = await client.query<{ line: string }>(`fetch ${rowsAtOnce} from dump`);
      if (rows.length === 0) break;
      count += rows.length;
      const hit = book.foundIn(rows.map(({ line }) => line).join('\n')).length > 0;
      if (hit) findings.push(...(await searchColumns(client, `${schema}.${name}`, table, book)));
      if (hit) break;
    }
    await client.query('commit');
  }
  return { findings, rows: count };
}

async function searchColumns(client: pg.Client, place: string, table: string, book: SecretBook): Promise<Finding[]> {
  const { rows, fields } = await client.query<Record<string, unknown>>(`select * from ${table}`);
  const found = fields.flatMap(({ name }) => {
    const values = rows.map((row) =>
      Buffer.isBuffer(row[name]) ? row[name].toString('hex') : JSON.stringify(row[name]),
    );
    return book.foundIn(values.join('\n')).map((secret) => ({ secret, place: `${place}.${name}` }));
  });
  // Seen in the row as text, so it is there, whatever the driver made of the columns.
  if (found.length > 0) return found;
  const { rows: lines } = await client.query<{ line: string }>(`select t::text as line from ${table} t`);
  return book.foundIn(lines.map(({ line }) => line).join('\n')).map((secret) => ({ secret, place }));
}
