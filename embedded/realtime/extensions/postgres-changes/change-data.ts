import type { Change } from '../../replication/pgoutput.ts';
import { renderValue } from './render.ts';
import type { TableAnswer } from './resolver.ts';
import type { ChangeImages, RowImage } from './row-image.ts';
import type { TypeCatalog } from './type-catalog.ts';

/** Values over this many bytes are left out of a change that is too large. */
const keptBytes = 64;

/**
 * The `data` member of a postgres_changes message, as JSON text: what one role may see of one change, in the selected
 * columns (undefined: all).
 */
export function changeData(parts: {
  change: Change;
  images: ChangeImages;
  commitMs: number;
  answer: TableAnswer;
  role: string;
  select: string[] | undefined;
  types: TypeCatalog;
  maxRecordBytes: number;
}): string {
  const { change, images, answer, select, types } = parts;
  const { relation, type } = change;
  const selectable = new Set(answer.roles[parts.role] ?? []);
  const refusal = refusalOf(type, answer, selectable);
  if (refusal !== undefined) return refusedData(change, refusal);

  const wanted = select === undefined ? undefined : new Set([...select, ...answer.pk]);
  const allowed = (name: string): boolean => selectable.has(name) && (wanted === undefined || wanted.has(name));
  const shapes = new Map(relation.columns.map((column) => [column.name, types.shape(column.typeId)]));
  const rendered = (image: RowImage | undefined): [string, string][] =>
    [...(image ?? [])].map(([name, text]) => [name, renderValue(shapes.get(name) ?? { kind: 'text' }, text)]);
  const record = rendered(images.record);
  const oldRecord = rendered(images.oldRecord);
  const tooLarge = sizeOf(record) + sizeOf(oldRecord) > parts.maxRecordBytes;
  const keep = ([name, json]: [string, string]): boolean =>
    allowed(name) && (!tooLarge || Buffer.byteLength(json) <= keptBytes);
  // Whether a deleted row was visible nobody can say any more: under RLS only its key is told.
  const keepOld = (entry: [string, string]): boolean =>
    keep(entry) && (type !== 'DELETE' || !answer.rls || answer.pk.includes(entry[0]));

  const members = [`"table":${JSON.stringify(relation.table)}`, `"type":"${type}"`];
  if (images.record !== undefined) members.push(`"record":${objectOf(record.filter(keep))}`);
  members.push(
    `"columns":${JSON.stringify(answer.columns.filter(({ name }) => allowed(name)))}`,
    `"errors":${tooLarge ? '["Error 413: Payload Too Large"]' : 'null'}`,
    `"schema":${JSON.stringify(relation.schema)}`,
    `"commit_timestamp":"${new Date(parts.commitMs).toISOString()}"`,
  );
  if (images.oldRecord !== undefined) members.push(`"old_record":${objectOf(oldRecord.filter(keepOld))}`);
  return `{${members.join(',')}}`;
}

function refusalOf(type: Change['type'], answer: TableAnswer, selectable: Set<string>): string | undefined {
  if (type === 'DELETE') return undefined;
  if (answer.pk.length === 0) return 'Error 400: Bad Request, no primary key';
  return answer.pk.every((name) => selectable.has(name)) ? undefined : 'Error 401: Unauthorized';
}

function refusedData({ relation, type }: Change, error: string): string {
  return JSON.stringify({
    table: relation.table,
    type,
    record: {},
    columns: [],
    errors: [error],
    schema: relation.schema,
    commit_timestamp: null,
    ...(type === 'UPDATE' ? { old_record: {} } : {}),
  });
}

const sizeOf = (entries: [string, string][]): number =>
  entries.reduce((sum, [name, json]) => sum + name.length + Buffer.byteLength(json), 0);

const objectOf = (entries: [string, string][]): string =>
  `{${entries.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
