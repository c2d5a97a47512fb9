import type { Change, ColumnValue } from '../../replication/pgoutput.ts';
import { unchanged } from '../../replication/pgoutput.ts';

/** Text of the known columns of one image of a row; a column that is not known is absent. */
export type RowImage = Map<string, string | null>;

export interface ChangeImages {
  /** The new row of an INSERT or UPDATE. An unchanged TOASTed value is there only if the old row brought it. */
  record: RowImage | undefined;
  /** What is known of the row before an UPDATE or DELETE. */
  oldRecord: RowImage | undefined;
}

/** Both images of a change, completed from each other as far as the replica identity allows. */
export function imagesOf(change: Change): ChangeImages {
  const { columns } = change.relation;
  const old: RowImage = new Map();
  const record: RowImage = new Map();
  columns.forEach(({ name, key }, index) => {
    const known = change.old === undefined ? undefined : textOf(change.old.values[index]);
    if (change.old !== undefined && known !== undefined && (change.old.full || key)) old.set(name, known);
    const value = textOf(change.new?.[index]);
    if (change.new === undefined) return;
    if (value !== undefined) record.set(name, value);
    else if (change.old?.full && known !== undefined) record.set(name, known);
    // Without an old tuple the identity columns did not change: their new values are the old ones.
    if (change.type === 'UPDATE' && change.old === undefined && key && value !== undefined) old.set(name, value);
  });
  return {
    record: change.type === 'DELETE' ? undefined : record,
    oldRecord: change.type === 'INSERT' ? undefined : old,
  };
}

const textOf = (value: ColumnValue | undefined): string | null | undefined => (value === unchanged ? undefined : value);
