import { expect, test } from 'vitest';
import { type Change, type Relation, unchanged } from '../../replication/pgoutput.ts';
import { imagesOf } from './row-image.ts';

const relation: Relation = {
  id: 1,
  schema: 'public',
  table: 't',
  replicaIdentity: 'd',
  columns: [
    { name: 'id', typeId: 23, key: true },
    { name: 'blob', typeId: 25, key: false },
  ],
};
const images = (change: Omit<Change, 'relation'>) => {
  const { record, oldRecord } = imagesOf({ relation, ...change });
  return { record: record && Object.fromEntries(record), oldRecord: oldRecord && Object.fromEntries(oldRecord) };
};

test('an update without an old tuple kept its key', () => {
  expect(images({ type: 'UPDATE', new: ['1', 'b'] })).toEqual({
    record: { id: '1', blob: 'b' },
    oldRecord: { id: '1' },
  });
});

test('an unchanged TOASTed value is left out, unless the whole old row is there', () => {
  expect(images({ type: 'UPDATE', new: ['1', unchanged] }).record).toEqual({ id: '1' });
  const full = images({ type: 'UPDATE', new: ['1', unchanged], old: { values: ['1', 'x'], full: true } });
  expect(full.record).toEqual({ id: '1', blob: 'x' });
});

test('a delete knows the key only, or the whole row', () => {
  expect(images({ type: 'DELETE', old: { values: ['1', null], full: false } })).toEqual({
    record: undefined,
    oldRecord: { id: '1' },
  });
  expect(images({ type: 'DELETE', old: { values: ['1', null], full: true } }).oldRecord).toEqual({
    id: '1',
    blob: null,
  });
});
