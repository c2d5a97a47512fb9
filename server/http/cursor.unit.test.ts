import { describe, expect, it } from 'vitest';
import { paginate, toPage } from './cursor.ts';

/** A query that remembers what it was narrowed by. */
class Query {
  readonly said: string[] = [];
  or(filter: string): Query {
    this.said.push(filter);
    return this;
  }
  order(column: string): Query {
    this.said.push(`order ${column}`);
    return this;
  }
  limit(count: number): Query {
    this.said.push(`limit ${count}`);
    return this;
  }
}

const row = (n: number) => ({
  id: `00000000-0000-4000-8000-00000000000${n}`,
  created_at: `2026-01-01T00:00:0${n}.123456+00:00`,
});

describe('pages', () => {
  it('ask for one row more, and continue after the last one shown', () => {
    const first = paginate(new Query(), { limit: 2 });
    expect(first.said).toEqual(['order created_at', 'order id', 'limit 3']);
    const { items, nextCursor } = toPage([row(3), row(2), row(1)], 2, ({ id }) => id);
    expect(items).toEqual([row(3).id, row(2).id]);
    const next = paginate(new Query(), { cursor: nextCursor ?? '', limit: 2 });
    expect(next.said[0]).toBe(
      `created_at.lt."${row(2).created_at}",and(created_at.eq."${row(2).created_at}",id.lt.${row(2).id})`,
    );
  });

  it('end without a cursor', () => {
    expect(toPage([row(1)], 2, ({ id }) => id).nextCursor).toBeNull();
    expect(toPage([row(2), row(1)], 2, ({ id }) => id).nextCursor).toBeNull();
  });

  it('refuse a cursor that carries anything but a position', () => {
    const forged = Buffer.from(JSON.stringify(['2026",id.gt.0', row(1).id])).toString('base64url');
    for (const cursor of ['', 'x', forged]) {
      expect(() => paginate(new Query(), { cursor, limit: 2 })).toThrow('cursor');
    }
  });
});
