import { RestError } from '../rest-error.ts';
import { similar } from '../schema/fuzzy.ts';
import { keyOf, type QualifiedName, type SchemaCache, type Table } from '../schema/model.ts';

// Below this a table hint says more about our tables than it helps.
const hintScore = 0.75;

/** The table or view; 404 with a hint when the cache has none. */
export function findTable(cache: SchemaCache, name: QualifiedName): Table {
  const table = cache.tables.get(keyOf(name));
  if (table !== undefined) return table;
  const candidates = [...cache.tables.values()].filter(({ schema }) => schema === name.schema).map((one) => one.name);
  const [nearest] = similar(candidates, name.name, hintScore);
  throw new RestError({
    status: 404,
    code: 'PGRST205',
    message: `Could not find the table '${name.schema}.${name.name}' in the schema cache`,
    hint: nearest === undefined ? null : `Perhaps you meant the table '${name.schema}.${nearest.text}'`,
  });
}
