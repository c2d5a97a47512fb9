import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DocumentFilter } from '../../../contracts/document-filter.ts';
import { type CoreDatabase, startCoreDatabase } from './core-database.ts';
import { advance, newCollection, promote } from './document-store.ts';
import { makeWorld } from './world.ts';

const each = 20_000;
let database: CoreDatabase;
let ids: Record<'shared' | 'dedicated', string>;

beforeAll(async () => {
  database = await startCoreDatabase();
  const world = await makeWorld(database);
  ids = { shared: await newCollection(database, world), dedicated: await newCollection(database, world) };
  // A neighbour whose documents look the same.
  for (const id of [...Object.values(ids), await newCollection(database, world)]) {
    await database.owner.query(
      `insert into private.documents (collection_id, key, value, bytes)
       select $1, 'run/' || lpad(n::text, 6, '0'), v, octet_length(v::text) from generate_series(1, $2::int) n,
       lateral (select jsonb_build_object('status', case when n % 500 = 0 then 'failed' else 'ok' end,
         'build', jsonb_build_object('number', n), 'text', repeat(md5(n::text), 8)) v) v`,
      [id, each],
    );
  }
  await promote(database, world, ids.dedicated, [
    { path: 'status', type: 'text' },
    { path: 'build.number', type: 'number' },
  ]);
  await advance(database);
  await database.owner.query('analyze private.documents');
});
afterAll(() => database?.stop());

interface Question {
  filters?: readonly DocumentFilter[];
  contains?: object;
  prefix?: string;
  order?: 'key' | 'updated';
  after?: string;
}

/** The nodes of the plan of a page of 50, with their indexes. */
async function planOf(
  id: string,
  { filters = [], contains, prefix, order = 'key', after }: Question,
): Promise<string[]> {
  const { owner } = database;
  const { rows } = await owner.query<{ query: string }>(
    `select private.documents_query(c, $2, $3, $4, $5, $6) as query from public.collections c where id = $1`,
    [id, JSON.stringify(filters), contains !== undefined, prefix !== undefined, order, after !== undefined],
  );
  const nested = filters.map(({ path, value }) =>
    path.split('.').reduceRight<unknown>((inner, step) => ({ [step]: inner }), value),
  );
  const parameters = [
    id,
    prefix ?? null,
    [contains, ...nested].map((part) => (part === undefined ? null : JSON.stringify(part))),
    JSON.stringify(filters),
    after ?? null,
    after === undefined ? null : new Date().toISOString(),
    51,
  ];
  await owner.query(`prepare page (uuid, text, jsonb[], jsonb, text, timestamptz, bigint) as ${rows[0]?.query}`);
  try {
    await owner.query(`set plan_cache_mode = force_custom_plan`);
    const values = parameters.map((value) =>
      value === null
        ? 'null'
        : Array.isArray(value)
          ? `array[${value.map((part) => (part === null ? 'null' : owner.escapeLiteral(part))).join(',')}]::jsonb[]`
          : owner.escapeLiteral(String(value)),
    );
    const { rows: lines } = await owner.query<{ 'QUERY PLAN': string }>(`explain execute page (${values.join(', ')})`);
    return lines
      .map((line) => line['QUERY PLAN'])
      .filter((line) => /Scan|Sort/.test(line) && !/Sort Key/.test(line))
      .map((line) =>
        line
          .replace(/^[ ->]+/, '')
          .replace(/ {2}\(cost.*$/, '')
          .replaceAll(/_?[0-9a-f]{32}/g, ''),
      );
  } finally {
    await owner.query('deallocate page; reset plan_cache_mode');
  }
}

const questions: Record<string, Question> = {
  'by key': {},
  'by key, a later page': { after: 'run/010000' },
  'by a prefix': { prefix: 'run/0100' },
  'the last changed first': { order: 'updated' },
  'the last changed first, a later page': { order: 'updated', after: 'run/010000' },
  'by a rare value': { filters: [{ path: 'status', op: '=', value: 'failed' }] },
  'by one number': { filters: [{ path: 'build.number', op: '=', value: 777 }] },
  'by a range of numbers': { filters: [{ path: 'build.number', op: '>', value: each - 60 }] },
  'by both': {
    filters: [
      { path: 'status', op: '=', value: 'failed' },
      { path: 'build.number', op: '<=', value: 1_000 },
    ],
  },
  'by what they contain': { contains: { build: { number: 777 } } },
};

describe.each(['shared', 'dedicated'] as const)('documents of a large %s collection', (storage) => {
  it.each(Object.entries(questions))('%s are found without reading the whole table', async (_, question) => {
    const plan = await planOf(ids[storage], question);
    expect(plan.length).toBeGreaterThan(0);
    expect(plan.join('\n')).not.toContain('Seq Scan');
  });
});

describe('the indexes of a dedicated collection', () => {
  it('are those that were chosen', async () => {
    const one = async (question: keyof typeof questions): Promise<string> =>
      (await planOf(ids.dedicated, questions[question] ?? {})).join('\n');
    expect(await one('by a rare value')).toContain('documents_field_1');
    expect(await one('by one number')).toContain('documents_field_2');
    expect(await one('by a range of numbers')).toContain('documents_field_2');
    expect(await one('by what they contain')).toContain('value_idx');
  });
});
