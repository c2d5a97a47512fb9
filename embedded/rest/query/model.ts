/** One step of a JSON path: `->key`, `->>key`, `->0`. An index keeps its sign as text. */
export interface JsonStep {
  text: boolean;
  key?: string;
  index?: string;
}
export interface Field {
  name: string;
  path: readonly JsonStep[];
}
export const aggregates = ['sum', 'avg', 'count', 'max', 'min'] as const;
export type Aggregate = (typeof aggregates)[number];

export interface SelectField {
  kind: 'field';
  field: Field;
  alias?: string | undefined;
  cast?: string | undefined;
  aggregate?: Aggregate | undefined;
  aggregateCast?: string | undefined;
}
export interface SelectEmbed {
  kind: 'embed';
  relation: string;
  alias?: string | undefined;
  hint?: string | undefined;
  join?: 'inner' | 'left' | undefined;
  spread: boolean;
  items: readonly SelectItem[];
}
export type SelectItem = SelectField | SelectEmbed;

/** Operators that may be quantified: `eq(any).{1,2}`. */
export const quantifiable = {
  eq: '=',
  gte: '>=',
  gt: '>',
  lte: '<=',
  lt: '<',
  like: 'LIKE',
  ilike: 'ILIKE',
  match: '~',
  imatch: '~*',
} as const;
export const simple = {
  neq: '<>',
  cs: '@>',
  cd: '<@',
  ov: '&&',
  sl: '<<',
  sr: '>>',
  nxr: '&<',
  nxl: '&>',
  adj: '-|-',
} as const;
export const fullText = {
  fts: 'to_tsquery',
  plfts: 'plainto_tsquery',
  phfts: 'phraseto_tsquery',
  wfts: 'websearch_to_tsquery',
} as const;
export const isValues = {
  null: 'NULL',
  not_null: 'NOT NULL',
  true: 'TRUE',
  false: 'FALSE',
  unknown: 'UNKNOWN',
} as const;

export type Quantifier = 'any' | 'all';
export type Operation =
  | { kind: 'simple'; operator: keyof typeof simple; value: string }
  | {
      kind: 'quantifiable';
      operator: keyof typeof quantifiable;
      quantifier?: Quantifier | undefined;
      value: string;
    }
  | { kind: 'in'; values: readonly string[] }
  | { kind: 'is'; value: keyof typeof isValues }
  | { kind: 'isdistinct'; value: string }
  | { kind: 'fullText'; operator: keyof typeof fullText; language?: string | undefined; value: string };

export interface Filter {
  kind: 'filter';
  field: Field;
  negated: boolean;
  operation: Operation;
}
export interface LogicGroup {
  kind: 'group';
  negated: boolean;
  operator: 'and' | 'or';
  terms: readonly LogicTerm[];
}
export type LogicTerm = Filter | LogicGroup;

export interface OrderTerm {
  /** Set for `accounts(slug)`: order by a column of an embedded resource. */
  relation?: string | undefined;
  field: Field;
  direction?: 'asc' | 'desc' | undefined;
  nulls?: 'first' | 'last' | undefined;
}

/** Something of the query string and the embed that it is for (empty path: the root). */
export interface Targeted<T> {
  path: readonly string[];
  value: T;
}

/** Rows asked for. `limit` undefined means all. */
export interface RowRange {
  offset: number;
  limit?: number | undefined;
}
