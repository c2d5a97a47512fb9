import type { Catalog, CatalogRelation } from './catalog.ts';
import { viewColumns } from './view-columns.ts';

/** The exposed columns of one relation that show one base table: base column number to name there. */
export interface Exposure {
  relation: CatalogRelation;
  view: boolean;
  columns: ReadonlyMap<number, string>;
}

/** For each base table (by oid): the exposed relations that show its columns, itself included. */
export function exposures(catalog: Catalog): Map<number, Exposure[]> {
  const origins = new Map(catalog.views.map(({ oid, rule }) => [oid, viewColumns(rule)]));
  const resolve = (relation: number, column: number, depth = 0): { relation: number; column: number } | undefined => {
    const view = origins.get(relation);
    if (view === undefined) return { relation, column };
    const origin = view.get(column);
    // Views on views end somewhere; the limit only guards against a catalog that lies.
    return origin === undefined || depth > 32 ? undefined : resolve(origin.relation, origin.column, depth + 1);
  };
  const byBase = new Map<number, Exposure[]>();
  const add = (base: number, exposure: Exposure): void => {
    byBase.set(base, [...(byBase.get(base) ?? []), exposure]);
  };
  for (const relation of catalog.relations) {
    if (!origins.has(relation.oid)) {
      const columns = new Map(relation.columns.map(({ number, name }) => [number, name]));
      add(relation.oid, { relation, view: false, columns });
      continue;
    }
    const perBase = new Map<number, Map<number, string>>();
    for (const { number, name } of relation.columns) {
      const origin = resolve(relation.oid, number);
      if (origin === undefined) continue;
      const columns = perBase.get(origin.relation) ?? new Map<number, string>();
      if (!columns.has(origin.column)) columns.set(origin.column, name);
      perBase.set(origin.relation, columns);
    }
    for (const [base, columns] of perBase) add(base, { relation, view: true, columns });
  }
  return byBase;
}
