import { describe, expect, it } from 'vitest';
import type { TaskEvent } from '../../contracts/task-event.ts';
import { absorb, announce, emptyLog, hasHole } from './event-log.ts';

const note = (seq: number): TaskEvent => ({
  taskId: '018f3c1e-0000-4000-8000-000000000001',
  seq,
  attempt: 1,
  at: '2026-11-21T12:00:00.000Z',
  kind: 'note',
  data: { text: `${seq}` },
});
const seqs = (events: readonly TaskEvent[]): number[] => events.map(({ seq }) => seq);

describe('the event log', () => {
  it('gives what is next in line and keeps only what is behind a hole', () => {
    const { log, ready } = absorb(emptyLog(3), [5, 2, 4, 9, 4, 8].map(note));
    expect(seqs(ready)).toEqual([4, 5]);
    expect(seqs(log.held)).toEqual([8, 9]);
    expect(log).toMatchObject({ lastSeq: 5, knownSeq: 9 });
    const filled = absorb(log, [6, 7, 8].map(note));
    expect(seqs(filled.ready)).toEqual([6, 7, 8, 9]);
    expect(filled.log.held).toEqual([]);
    expect(hasHole(filled.log)).toBe(false);
  });
  it('knows of events that it has not got', () => {
    const log = announce(emptyLog(0), 4);
    expect(hasHole(log)).toBe(true);
    expect(announce(log, 2).knownSeq).toBe(4);
  });
  it('does not keep without an end what waits behind a hole', () => {
    const { log } = absorb(
      emptyLog(0),
      Array.from({ length: 6_000 }, (_, index) => note(index + 2)),
    );
    expect(log.held).toHaveLength(5_000);
    expect(log.held[0]?.seq).toBe(2);
  });
});
