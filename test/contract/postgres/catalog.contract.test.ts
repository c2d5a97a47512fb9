import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Claims } from '../support/claims.ts';
import { compare, type Difference } from '../support/compare.ts';
import { Report } from '../support/report.ts';
import { kinds, readCatalog } from './catalog.ts';
import { openTarget, type Target } from './fixture.ts';
import { readLines } from './probes.ts';

type Line = Record<string, unknown> & { kind: string };

const claims = new Claims('postgres');
const report = new Report('postgres catalog', claims);
const lines = readLines('catalog.jsonl').filter(
  (line): line is Line => typeof line === 'object' && line !== null && 'kind' in line,
);
let target: Target;

beforeAll(async () => {
  target = await openTarget();
});
afterAll(async () => {
  report.print();
  await target.stop();
});

/** How the recording names what the catalog query calls `key`. */
const keyOf: Readonly<Record<string, (line: Line) => string>> = {
  membership: (line) => `${line.member} in ${line.role}`,
  default_acl: (line) => `${line.for_role} ${line.schema ?? ''} ${line.objtype}`,
  relation: (line) => `${line.schema}.${line.name}`,
  index_or_constraint: (line) => `${line.schema}.${line.name}`,
  function: (line) => `${line.schema}.${line.name}(${line.args})`,
  auth_schema_migrations: () => 'auth',
};

test.each(kinds)('%s', async (kind) => {
  const actual = await readCatalog(target.admin, kind);
  for (const [step, line] of lines.entries()) {
    if (line.kind !== kind) continue;
    const key = keyOf[kind]?.(line) ?? String(line.name);
    report.record(`catalog ${kind}`, step, key, differences(line, actual.get(key)));
  }
  report.assert(`catalog ${kind}`);
});

/** Compares what both sides state; the recording leaves out what is false, null or empty. */
function differences(line: Line, actual: unknown): Difference[] {
  if (typeof actual !== 'object' || actual === null) return [{ path: '', expected: line, actual }];
  const facts = Object.entries(actual).map(([name, value]) => [name, value, line[name]] as const);
  return facts.flatMap(([name, value, recorded]) =>
    compare(normal(recorded), normal(value), undefined, undefined, name),
  );
}

const normal = (value: unknown): unknown => {
  if (value === undefined || value === false || value === '') return null;
  return Array.isArray(value) ? value.map(String).sort() : value;
};

test('DDL of the migrations role notifies PostgREST once a transaction', async () => {
  const listener = new pg.Client({ connectionString: target.url('postgres') });
  const actor = new pg.Client({ connectionString: target.url('postgres') });
  await listener.connect();
  await actor.connect();
  let notifications = 0;
  listener.on('notification', ({ payload }) => {
    if (payload === 'reload schema') notifications += 1;
  });
  try {
    await listener.query('listen pgrst');
    for (const [step, line] of lines.entries()) {
      if (line.kind !== 'ddl_notify' || line.role !== 'postgres') continue;
      await prepare(String(line.statement));
      notifications = 0;
      await listener.query('select 1');
      notifications = 0;
      await actor.query(String(line.statement));
      await listener.query('select 1');
      report.record(
        'catalog ddl_notify',
        step,
        String(line.statement),
        compare(line.notifications ?? 0, notifications),
      );
      await target.admin.query(reset);
    }
    expect(lines.filter((line) => line.kind === 'ddl_notify').length).toBeGreaterThan(20);
  } finally {
    await listener.end();
    await actor.end();
  }
  report.assert('catalog ddl_notify');
});

const reset = `
  drop table if exists public.nt cascade; drop materialized view if exists public.nmv; drop view if exists public.nv;
  drop function if exists public.nf(); drop procedure if exists public.npr(); drop aggregate if exists public.nag(int);
  drop schema if exists ns; drop type if exists public.nty; drop domain if exists public.nd;
  drop sequence if exists public.nsq; drop extension if exists hstore; drop role if exists nr; drop publication if exists npb;
  drop table if exists pg_temp.nt`;

/** What a statement needs to find; the recording ran them one after the other. */
async function prepare(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: target.url('postgres') });
  await client.connect();
  try {
    if (/public\.nt\b/.test(statement) && !/create (temp )?table|into public\.nt/.test(statement)) {
      await client.query('create table public.nt (a int)');
    }
    if (/alter type public\.nty/.test(statement)) await client.query(`create type public.nty as enum ('a')`);
  } finally {
    await client.end();
  }
}
