import type { Aggregate, JsonStep, LogicGroup, Operation, OrderTerm, RowRange } from '../query/model.ts';
import type { Column, QualifiedName, Relationship, Routine, Setting, Table } from '../schema/model.ts';

/** A field of a relation, with what its type means for SQL. */
export interface PlannedField {
  name: string;
  path: readonly JsonStep[];
  /** The column is no JSON: a path needs it converted first. */
  toJson: boolean;
}
export interface PlannedColumn {
  field: PlannedField;
  cast: string | undefined;
  alias: string | undefined;
  aggregate: Aggregate | undefined;
  aggregateCast: string | undefined;
}
export interface PlannedFilter {
  kind: 'filter';
  field: PlannedField;
  negated: boolean;
  operation: Operation;
  /** Full-text search on a text column: convert it. */
  toTsVector: boolean;
}
/** `embed=is.null`: no row was embedded. */
interface EmbedIsNull {
  kind: 'embedIsNull';
  negated: boolean;
  embed: ReadPlan;
}
interface PlannedGroup {
  kind: 'group';
  negated: boolean;
  operator: LogicGroup['operator'];
  terms: readonly PlannedTerm[];
}
export type PlannedTerm = PlannedFilter | EmbedIsNull | PlannedGroup;

export interface PlannedOrder {
  field: PlannedField;
  /** Order by a column of this embedded resource. */
  embed: ReadPlan | undefined;
  direction: OrderTerm['direction'];
  nulls: OrderTerm['nulls'];
}

/** Reading one relation and what is embedded in it. A tree of plain data; SQL is made from it alone. */
export interface ReadPlan {
  /** What the client calls it. */
  name: string;
  alias: string | undefined;
  from: QualifiedName;
  table: Table | undefined;
  /** How SQL calls the relation. */
  sqlAlias: string | undefined;
  /** How SQL calls the subquery of an embed. */
  subquery: string;
  relationship: Relationship | undefined;
  join: 'inner' | 'left';
  spread: boolean;
  columns: readonly PlannedColumn[];
  filters: PlannedTerm[];
  order: PlannedOrder[];
  range: RowRange;
  embeds: ReadPlan[];
}

/** The relation that stands for the rows which a mutation or a function gave. */
export const sourceName = 'pgrst_source';

export interface BodyColumn extends Column {}
export interface MutatePlan {
  kind: 'insert' | 'update' | 'delete' | 'put';
  table: Table;
  body: string;
  columns: readonly BodyColumn[];
  filters: readonly PlannedTerm[];
  /** Columns of ON CONFLICT; undefined: a plain insert. */
  conflict: { columns: readonly string[]; merge: boolean } | undefined;
  /** Missing keys get the column's default instead of NULL. */
  applyDefaults: boolean;
  /** Columns to return; empty: only the number of rows matters. */
  returning: readonly string[];
}

export interface CallPlan {
  routine: Routine;
  /** Parameters given, in the order of the declaration. */
  arguments:
    | { kind: 'json'; text: string; names: readonly string[] }
    | { kind: 'direct'; values: readonly (readonly [name: string, value: string])[] }
    | { kind: 'whole'; text: string };
  returning: readonly string[];
  settings: readonly Setting[];
}
