/**
 * Reader of the pgoutput protocol, version 1 (PostgreSQL manual, "Logical Replication Message Formats"). Values stay the
 * text that Postgres wrote, so that no digit of an int8 or a numeric is lost on the way.
 */

/** Text of a column, null, or `unchanged` for a TOASTed value that the change did not touch. */
export type ColumnValue = string | null | typeof unchanged;
export const unchanged = Symbol('unchanged TOAST value');

export interface Relation {
  id: number;
  schema: string;
  table: string;
  /** 'd' default, 'n' nothing, 'f' full, 'i' index. */
  replicaIdentity: string;
  columns: { name: string; typeId: number; key: boolean }[];
}

export type Change = {
  relation: Relation;
  type: 'INSERT' | 'UPDATE' | 'DELETE';
  new?: ColumnValue[];
  /** What the replica identity kept of the old row; undefined when Postgres sent none. */
  old?: { values: ColumnValue[]; full: boolean };
};

export type Output =
  | { kind: 'begin'; commitMs: number; xid: number }
  | { kind: 'commit' }
  | { kind: 'change'; change: Change };

/** Microseconds between 1970 and 2000, the zero of Postgres timestamps. */
const postgresEpochMs = Date.UTC(2000, 0, 1);

export class PgoutputReader {
  readonly #relations = new Map<number, Relation>();

  /** Decodes one message; undefined for those that nobody here needs (Relation, Type, Truncate, Origin). */
  read(buffer: Buffer): Output | undefined {
    const cursor = new Cursor(buffer);
    switch (cursor.char()) {
      case 'B':
        cursor.skip(8);
        return {
          kind: 'begin',
          commitMs: postgresEpochMs + Number(cursor.int64() / 1000n),
          xid: cursor.uint32(),
        };
      case 'C':
        return { kind: 'commit' };
      case 'R':
        this.#readRelation(cursor);
        return undefined;
      case 'I':
        return this.#change(cursor, 'INSERT');
      case 'U':
        return this.#change(cursor, 'UPDATE');
      case 'D':
        return this.#change(cursor, 'DELETE');
      default:
        return undefined;
    }
  }

  #readRelation(cursor: Cursor): void {
    const relation: Relation = {
      id: cursor.uint32(),
      schema: cursor.text(),
      table: cursor.text(),
      replicaIdentity: cursor.char(),
      columns: [],
    };
    const count = cursor.int16();
    for (let index = 0; index < count; index += 1) {
      const key = (cursor.byte() & 1) === 1;
      const name = cursor.text();
      const typeId = cursor.uint32();
      cursor.skip(4);
      relation.columns.push({ name, typeId, key });
    }
    this.#relations.set(relation.id, relation);
  }

  #change(cursor: Cursor, type: Change['type']): Output | undefined {
    const relation = this.#relations.get(cursor.uint32());
    if (relation === undefined) return undefined;
    const change: Change = { relation, type };
    while (!cursor.done) {
      const part = cursor.char();
      const values = readTuple(cursor);
      if (part === 'N') change.new = values;
      else change.old = { values, full: part === 'O' };
    }
    return { kind: 'change', change };
  }
}

function readTuple(cursor: Cursor): ColumnValue[] {
  const values: ColumnValue[] = [];
  const count = cursor.int16();
  for (let index = 0; index < count; index += 1) {
    const kind = cursor.char();
    if (kind === 't') values.push(cursor.string(cursor.uint32()));
    else values.push(kind === 'u' ? unchanged : null);
  }
  return values;
}

class Cursor {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get done(): boolean {
    return this.#at >= this.#buffer.length;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  byte(): number {
    const value = this.#buffer.readUInt8(this.#at);
    this.#at += 1;
    return value;
  }

  char(): string {
    return String.fromCharCode(this.byte());
  }

  int16(): number {
    const value = this.#buffer.readInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  uint32(): number {
    const value = this.#buffer.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  int64(): bigint {
    const value = this.#buffer.readBigInt64BE(this.#at);
    this.#at += 8;
    return value;
  }

  string(bytes: number): string {
    const value = this.#buffer.toString('utf8', this.#at, this.#at + bytes);
    this.#at += bytes;
    return value;
  }

  /** A zero-terminated string. */
  text(): string {
    const end = this.#buffer.indexOf(0, this.#at);
    const value = this.#buffer.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return value;
  }
}
