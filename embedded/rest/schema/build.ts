import type { Catalog, CatalogRelation } from './catalog.ts';
import { keyOf, type Routine, type SchemaCache, type Setting, type Table } from './model.ts';
import { relationshipsOf } from './relationships.ts';
import { exposures } from './view-lineage.ts';

// Bits of pg_relation_is_updatable.
const canUpdate = 4;
const canInsert = 8;
const canDelete = 16;
const hoisted = new Set(['statement_timeout', 'plan_filter.statement_cost_limit', 'default_transaction_isolation']);
const volatilities = { v: 'volatile', s: 'stable', i: 'immutable' } as const;
const unnamedTypes = new Set(['json', 'jsonb', 'text', 'bytea', 'xml']);

const parseSetting = (text: string): Setting => {
  const equals = text.indexOf('=');
  return { name: text.slice(0, equals), value: text.slice(equals + 1) };
};

/** Primary keys of tables, and of views that show all columns of one. */
function primaryKeys(catalog: Catalog): Map<string, string[]> {
  const shown = exposures(catalog);
  const result = new Map<string, string[]>();
  for (const key of catalog.keys) {
    if (key.type !== 'p') continue;
    for (const { relation, columns } of shown.get(key.table) ?? []) {
      const names = key.columns.flatMap((number) => columns.get(number) ?? []);
      if (names.length === key.columns.length && !result.has(keyOf(relation))) result.set(keyOf(relation), names);
    }
  }
  return result;
}

const toTable = (relation: CatalogRelation, primaryKey: readonly string[]): Table => ({
  schema: relation.schema,
  name: relation.name,
  view: relation.kind === 'v' || relation.kind === 'm',
  insertable: (relation.can & canInsert) !== 0,
  updatable: (relation.can & canUpdate) !== 0,
  deletable: (relation.can & canDelete) !== 0,
  primaryKey,
  columns: new Map(
    relation.columns.map((column) => [
      column.name,
      { name: column.name, type: column.type, default: column.default ?? undefined },
    ]),
  ),
});

type CatalogRoutine = Catalog['routines'][number];
// Functions of unnamed rows are computed columns or relationships, no endpoints.
const callable = ({ parameters }: CatalogRoutine): boolean =>
  parameters.every(({ name }) => name !== '') ||
  (parameters.length === 1 && unnamedTypes.has(parameters[0]?.type ?? ''));

function toRoutine(routine: CatalogRoutine, relations: ReadonlyMap<number, CatalogRelation>): Routine {
  const composite = routine.returnsKind === 'c' || (routine.returnsType === 'record' && routine.outputs);
  const table = relations.get(routine.returnsRelation);
  return {
    schema: routine.schema,
    name: routine.name,
    parameters: routine.parameters.map(({ name, type, required, variadic }) => ({ name, type, required, variadic })),
    volatility: volatilities[routine.volatility],
    returns:
      routine.returnsType === 'void' && routine.returnsSchema === 'pg_catalog'
        ? 'void'
        : composite
          ? 'composite'
          : 'scalar',
    returnsSet: routine.set,
    table: table === undefined ? undefined : { schema: table.schema, name: table.name },
    settings: (routine.settings ?? []).map(parseSetting).filter(({ name }) => hoisted.has(name)),
  };
}

/** The schema cache that a catalog amounts to. */
export function buildSchemaCache(catalog: Catalog): SchemaCache {
  const keys = primaryKeys(catalog);
  const relations = new Map(catalog.relations.map((relation) => [relation.oid, relation]));
  const routines = new Map<string, Routine[]>();
  for (const routine of catalog.routines.filter(callable))
    routines.set(keyOf(routine), [...(routines.get(keyOf(routine)) ?? []), toRoutine(routine, relations)]);
  const roleSettings = new Map<string, Setting[]>();
  for (const { role, setting } of catalog.role_settings)
    roleSettings.set(role, [...(roleSettings.get(role) ?? []), parseSetting(setting)]);
  return {
    tables: new Map(
      catalog.relations.map((relation) => [keyOf(relation), toTable(relation, keys.get(keyOf(relation)) ?? [])]),
    ),
    relationships: relationshipsOf(catalog, keys),
    routines,
    roleSettings,
  };
}
