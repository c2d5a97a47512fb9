import type { TaskEvent } from '../../contracts/task-event.ts';

/** The part of a task's event log that a watcher has: everything up to `lastSeq`, and pieces from behind a hole. */
export interface EventLog {
  readonly lastSeq: number;
  /** Sorted, without doubles, all greater than `lastSeq + 1`. */
  readonly held: readonly TaskEvent[];
  /** The highest seq that is known to exist. */
  readonly knownSeq: number;
}

export const emptyLog = (afterSeq: number): EventLog => ({ lastSeq: afterSeq, held: [], knownSeq: afterSeq });

// Pieces from behind a hole only save a second transfer: what does not fit is fetched with the hole.
const heldLimit = 5_000;

/** Takes events in any order, seen or not, and returns those that are next in line, each exactly once, in order. */
export function absorb(log: EventLog, events: readonly TaskEvent[]): { log: EventLog; ready: readonly TaskEvent[] } {
  const bySeq = new Map<number, TaskEvent>();
  for (const event of [...log.held, ...events]) if (event.seq > log.lastSeq) bySeq.set(event.seq, event);
  const ready: TaskEvent[] = [];
  let { lastSeq } = log;
  for (let next = bySeq.get(lastSeq + 1); next !== undefined; next = bySeq.get(lastSeq + 1)) {
    ready.push(next);
    lastSeq = next.seq;
    bySeq.delete(lastSeq);
  }
  const knownSeq = Math.max(log.knownSeq, ...events.map(({ seq }) => seq));
  const held = [...bySeq.values()].sort((a, b) => a.seq - b.seq).slice(0, heldLimit);
  return { log: { lastSeq, held, knownSeq }, ready };
}

/** Notes that events up to `seq` exist, whether they are here or not. */
export const announce = (log: EventLog, seq: number): EventLog => ({ ...log, knownSeq: Math.max(log.knownSeq, seq) });

export const hasHole = (log: EventLog): boolean => log.knownSeq > log.lastSeq;
