/** A relation or function name with its schema. */
export interface QualifiedName {
  schema: string;
  name: string;
}
export interface Column {
  name: string;
  /** As in a column definition, qualified unless it is of pg_catalog. */
  type: string;
  /** SQL of the default; undefined when there is none. */
  default: string | undefined;
}
export interface Table extends QualifiedName {
  view: boolean;
  insertable: boolean;
  updatable: boolean;
  deletable: boolean;
  primaryKey: readonly string[];
  columns: ReadonlyMap<string, Column>;
}
type Cardinality = 'many-to-one' | 'one-to-many' | 'one-to-one' | 'many-to-many';
/** Pairs of columns: of the table that embeds, and of the embedded one (or the junction). */
export type ColumnPairs = readonly (readonly [string, string])[];

interface Junction extends QualifiedName {
  sourceConstraint: string;
  targetConstraint: string;
  source: ColumnPairs;
  /** Junction column, then column of the foreign table. */
  target: ColumnPairs;
}
export interface ForeignRelationship {
  kind: 'foreign';
  table: QualifiedName;
  foreign: QualifiedName;
  foreignIsView: boolean;
  self: boolean;
  cardinality: Cardinality;
  constraint: string;
  columns: ColumnPairs;
  junction?: Junction;
}
/** A function of a row that gives rows of another relation. */
export interface ComputedRelationship {
  kind: 'computed';
  function: QualifiedName;
  table: QualifiedName;
  foreign: QualifiedName;
  toOne: boolean;
}
export type Relationship = ForeignRelationship | ComputedRelationship;

export const isToOne = (relationship: Relationship): boolean =>
  relationship.kind === 'computed'
    ? relationship.toOne
    : relationship.cardinality === 'many-to-one' || relationship.cardinality === 'one-to-one';

export interface Parameter {
  name: string;
  type: string;
  required: boolean;
  variadic: boolean;
}
export interface Routine extends QualifiedName {
  parameters: readonly Parameter[];
  volatility: 'volatile' | 'stable' | 'immutable';
  returns: 'void' | 'scalar' | 'composite';
  returnsSet: boolean;
  /** The relation whose rows it returns, if it is one. */
  table: QualifiedName | undefined;
  /** Settings of the function that have to act on the whole transaction. */
  settings: readonly Setting[];
}
export interface Setting {
  name: string;
  value: string;
}

/** What the service knows of the database. */
export interface SchemaCache {
  tables: ReadonlyMap<string, Table>;
  /** By the embedding table. */
  relationships: ReadonlyMap<string, readonly Relationship[]>;
  /** Overloads by name, in the order of the catalog. */
  routines: ReadonlyMap<string, readonly Routine[]>;
  roleSettings: ReadonlyMap<string, readonly Setting[]>;
}

/** The key of a name in the maps above. */
export const keyOf = ({ schema, name }: QualifiedName): string => `${schema}\0${name}`;
