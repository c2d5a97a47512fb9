import { RestError } from '../rest-error.ts';
import { isFilterValue, parseFilterValue, rowExpression } from './filter-value.ts';
import { columnList, treePath } from './grammar.ts';
import { logicPath, logicTree } from './logic.ts';
import type { Filter, LogicTerm, OrderTerm, RowRange, SelectItem, Targeted } from './model.ts';
import { orderList } from './order.ts';
import { describe, type Parser } from './parsec.ts';
import type { Parameters } from './query-string.ts';
import { selectList } from './select.ts';

/** A query string, parsed: what the client asks for, before any table is known. */
export interface RequestQuery {
  select: readonly SelectItem[];
  filters: readonly Targeted<Filter>[];
  logic: readonly Targeted<LogicTerm>[];
  order: readonly Targeted<readonly OrderTerm[]>[];
  ranges: readonly Targeted<RowRange>[];
  columns: readonly string[] | undefined;
  onConflict: readonly string[] | undefined;
  /** Parameters of a function call by GET: what is no filter. */
  arguments: readonly (readonly [string, string])[];
}

function parse<T>(parser: Parser<T>, what: string, shown: string, text = shown): T {
  const reply = parser(text, 0);
  if (reply.success !== undefined) return reply.success.value;
  const column = [...text.slice(0, reply.error.position)].length + 1;
  throw new RestError({
    status: 400,
    code: 'PGRST100',
    message: `"failed to parse ${what} (${shown})" (line 1, column ${column})`,
    details: describe(reply.error),
  });
}

// Clients repeat the same select and order texts; values differ, so filters are not kept.
const remembered = new Map<string, unknown>();
function parseOnce<T>(parser: Parser<T>, what: string, text: string): T {
  const key = `${what}\n${text}`;
  const known = remembered.get(key);
  // The key names the parser, so what is stored under it is what that parser returned.
  if (known !== undefined) return known as T;
  const value = parse(parser, what, text);
  if (remembered.size >= 500) remembered.clear();
  remembered.set(key, value);
  return value;
}

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const reserved = new Set(['select', 'columns', 'on_conflict']);
const endings = new Set(['order', 'limit', 'offset', 'and', 'or']);
const lastWord = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

const integer = (text: string): number | undefined => (/^\s*-?\d+\s*$/.test(text) ? Number(text) : undefined);

/** `limit` and `offset` by embed path; what is no number is ignored. */
function ranges(given: readonly (readonly [string, string])[]): Targeted<RowRange>[] {
  const byPath = new Map<string, Targeted<RowRange>>();
  for (const [name, text] of given) {
    const kind = lastWord(name);
    if (kind !== 'limit' && kind !== 'offset') continue;
    const { path } = parse(treePath, 'tree path', name);
    const key = path.join('\n');
    const entry = byPath.get(key) ?? { path, value: { offset: 0 } };
    const value = integer(text);
    if (kind === 'limit') entry.value = { ...entry.value, limit: value };
    else entry.value = { ...entry.value, offset: Math.max(0, value ?? 0) };
    byPath.set(key, entry);
  }
  return [...byPath.values()];
}

/** Parses all parameters. `call` is true for a function call by GET, where what is no filter is an argument. */
export function parseRequestQuery(parameters: Parameters, call: boolean): RequestQuery {
  const given = parameters.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const first = (name: string): string | undefined => given.find(([key]) => key === name)?.[1];
  const ending = (...words: string[]): (readonly [string, string])[] =>
    given.filter(([name]) => words.includes(lastWord(name)));
  const filters: Targeted<Filter>[] = [];
  const args: (readonly [string, string])[] = [];

  const order = ending('order').map(([name, text]) => ({
    path: parse(treePath, 'tree path', name).path,
    value: parseOnce(orderList, 'order', text),
  }));
  const logic = ending('and', 'or').map(([name, text]) => {
    const { path, prefix } = parse(logicPath, 'logic path', name);
    return { path, value: parse(logicTree, 'logic tree', text, prefix + text) };
  });
  const columns = first('columns');
  const onConflict = first('on_conflict');
  const parsedColumns = columns === undefined ? undefined : parse(columnList, 'columns parameter', columns);
  const select = parseOnce(selectList, 'select parameter', first('select') ?? '*');
  for (const [name, text] of given) {
    if (reserved.has(name) || endings.has(lastWord(name))) continue;
    if (call && !name.includes('.') && !isFilterValue(text)) {
      args.push([name, text]);
      continue;
    }
    // Plain names and plain operators, which are nearly all, need no grammar.
    const { path, field } = plainName.test(name)
      ? { path: [], field: { name, path: [] } }
      : parse(treePath, 'tree path', name);
    const operation = parseFilterValue(text) ?? parse(rowExpression, 'filter', text);
    filters.push({ path, value: { kind: 'filter', field, ...operation } });
  }
  return {
    select,
    filters,
    logic,
    order,
    ranges: ranges(given),
    columns: parsedColumns,
    onConflict: onConflict === undefined ? undefined : parse(columnList, 'on_conflict parameter', onConflict),
    arguments: args,
  };
}
