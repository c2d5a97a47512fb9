import type { Catalog, CatalogKey } from './catalog.ts';
import {
  type ColumnPairs,
  type ComputedRelationship,
  type ForeignRelationship,
  keyOf,
  type QualifiedName,
  type Relationship,
} from './model.ts';
import { type Exposure, exposures } from './view-lineage.ts';

const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item) => b.includes(item));
const named = ({ relation }: Exposure): QualifiedName => ({ schema: relation.schema, name: relation.name });

function pairs(
  from: Exposure,
  to: Exposure,
  columns: readonly number[],
  foreign: readonly number[],
): ColumnPairs | undefined {
  const result: [string, string][] = [];
  for (const [index, number] of columns.entries()) {
    const own = from.columns.get(number);
    const other = to.columns.get(foreign[index] ?? -1);
    if (own === undefined || other === undefined) return undefined;
    result.push([own, other]);
  }
  return result;
}
const swapped = (columns: ColumnPairs): ColumnPairs => columns.map(([own, other]) => [other, own] as const);

/** Both directions of one foreign key between two exposed relations. */
function bothWays(key: CatalogKey, from: Exposure, to: Exposure, unique: boolean): ForeignRelationship[] {
  const columns = pairs(from, to, key.columns, key.foreignColumns ?? []);
  if (columns === undefined) return [];
  const self = keyOf(named(from)) === keyOf(named(to));
  const shared = { kind: 'foreign' as const, self, constraint: key.name };
  return [
    {
      ...shared,
      table: named(from),
      foreign: named(to),
      foreignIsView: to.view,
      cardinality: unique ? 'one-to-one' : 'many-to-one',
      columns,
    },
    {
      ...shared,
      table: named(to),
      foreign: named(from),
      foreignIsView: from.view,
      cardinality: unique ? 'one-to-one' : 'one-to-many',
      columns: swapped(columns),
    },
  ];
}

/** Two foreign keys inside one table's primary key make it a junction. */
function acrossJunctions(
  direct: readonly ForeignRelationship[],
  primaryKeys: ReadonlyMap<string, readonly string[]>,
): ForeignRelationship[] {
  const outgoing = direct.filter(({ cardinality }) => cardinality === 'many-to-one' || cardinality === 'one-to-one');
  const result: ForeignRelationship[] = [];
  for (const first of outgoing)
    for (const second of outgoing) {
      if (first === second || keyOf(first.table) !== keyOf(second.table) || first.constraint === second.constraint)
        continue;
      const key = primaryKeys.get(keyOf(first.table)) ?? [];
      const used = [...first.columns, ...second.columns].map(([own]) => own);
      if (key.length === 0 || !used.every((column) => key.includes(column))) continue;
      result.push({
        kind: 'foreign',
        table: first.foreign,
        foreign: second.foreign,
        foreignIsView: second.foreignIsView,
        self: keyOf(first.foreign) === keyOf(second.foreign),
        cardinality: 'many-to-many',
        constraint: '',
        columns: [],
        junction: {
          ...first.table,
          sourceConstraint: first.constraint,
          targetConstraint: second.constraint,
          source: swapped(first.columns),
          target: second.columns,
        },
      });
    }
  return result;
}

function computed(catalog: Catalog): ComputedRelationship[] {
  const relations = new Map(catalog.relations.map((relation) => [relation.oid, relation]));
  return catalog.routines.flatMap((routine) => {
    const [parameter, ...more] = routine.parameters;
    const table = relations.get(parameter?.relation ?? 0);
    const foreign = relations.get(routine.returnsRelation);
    if (table === undefined || foreign === undefined || more.length > 0) return [];
    return [
      {
        kind: 'computed' as const,
        function: { schema: routine.schema, name: routine.name },
        table: { schema: table.schema, name: table.name },
        foreign: { schema: foreign.schema, name: foreign.name },
        toOne: !routine.set || routine.rows === 1,
      },
    ];
  });
}

/** All relationships between exposed relations, by the embedding one. */
export function relationshipsOf(
  catalog: Catalog,
  primaryKeys: ReadonlyMap<string, readonly string[]>,
): Map<string, Relationship[]> {
  const shown = exposures(catalog);
  const uniqueKeys = catalog.keys.filter(({ type }) => type !== 'f');
  const direct: ForeignRelationship[] = [];
  const ofTables: ForeignRelationship[] = [];
  for (const key of catalog.keys) {
    if (key.type !== 'f') continue;
    const unique = uniqueKeys.some(({ table, columns }) => table === key.table && same(columns, key.columns));
    for (const from of shown.get(key.table) ?? [])
      for (const to of shown.get(key.foreign) ?? []) {
        const both = bothWays(key, from, to, unique);
        direct.push(...both);
        if (!from.view) ofTables.push(...both.slice(0, 1));
      }
  }
  const byTable = new Map<string, Relationship[]>();
  for (const relationship of [...direct, ...acrossJunctions(ofTables, primaryKeys), ...computed(catalog)]) {
    const key = keyOf(relationship.table);
    byTable.set(key, [...(byTable.get(key) ?? []), relationship]);
  }
  return byTable;
}
