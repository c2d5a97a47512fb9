import type { SfpError } from '../../contracts/error.ts';
import type { Task, TaskStatus } from '../../contracts/task.ts';
import { isFinalTaskStatus } from '../../contracts/task.ts';
import type { TaskEvent } from '../../contracts/task-event.ts';
import type { EventLog } from './event-log.ts';
import { absorb, announce, emptyLog, hasHole } from './event-log.ts';
import type { WatchMove, WatchPhase } from './phase.ts';
import { nextPhase } from './phase.ts';

/** What happens to a watch. */
export type WatchInput =
  | { type: 'start' }
  /** Joined the topic, for the first time or again: what was sent in between is lost. */
  | { type: 'joined' }
  | { type: 'lost' }
  /** A broadcast; `events` is null when it was too large to send. */
  | { type: 'batch'; toSeq: number; events: readonly TaskEvent[] | null }
  | { type: 'snapshot'; task: Task }
  /** A page of events after the seq that was asked for; `more` when it was full. */
  | { type: 'fetched'; events: readonly TaskEvent[]; more: boolean }
  /** What was asked for is older than what the platform keeps, and so will never come. */
  | { type: 'logRemoved' }
  | { type: 'fetchFailed'; error: SfpError; fatal: boolean }
  /** The wait that was asked for is over. */
  | { type: 'tick' }
  | { type: 'abort' };

/** What the driver has to do, in this order. */
export type WatchEffect =
  | { type: 'emit'; events: readonly TaskEvent[] }
  | { type: 'phase'; phase: WatchPhase }
  /** Fetch the task and the events after this seq. Never asked for while one is running. */
  | { type: 'fetch'; afterSeq: number }
  /** Tick after so long; replaces an earlier wait. */
  | { type: 'wait'; ms: number }
  | { type: 'end'; status: TaskStatus }
  | { type: 'fail'; error: SfpError };

export interface WatchState {
  readonly phase: WatchPhase;
  readonly log: EventLog;
  /** `stale`: something happened since it began that it may not have seen, so it must be followed by another. */
  readonly fetching: 'no' | 'yes' | 'stale';
  readonly failures: number;
  /** Set once the task is known to be over, with the seq of its last event. */
  readonly final: { status: TaskStatus; seq: number } | undefined;
}

export const initialWatchState = (afterSeq = 0): WatchState => ({
  phase: 'connecting',
  log: emptyLog(afterSeq),
  fetching: 'no',
  failures: 0,
  final: undefined,
});

/**
 * How long until the API is asked again without a reason to. `live` is not never: a database that restarts loses
 * broadcasts of some seconds without telling anybody, and the last event of a task has none behind it that would
 * show the hole.
 */
const waitMs: Record<WatchPhase, number> = {
  connecting: 2_000,
  recovering: 2_000,
  polling: 2_000,
  live: 10_000,
  done: 0,
};
const backoffMs = [250, 500, 1_000, 2_000, 5_000];

type Step = readonly [WatchState, readonly WatchEffect[]];

/** The watch's one function: no time, no network, no randomness. */
export function reduceWatch(state: WatchState, input: WatchInput): Step {
  if (state.phase === 'done') return [state, []];
  switch (input.type) {
    case 'start':
    case 'tick':
      return settle(state, [], { fetch: state.fetching === 'no' });
    case 'joined':
      return move(state, 'joined', { fetch: true });
    case 'lost':
      return move(state, 'lost', {});
    case 'batch': {
      const [next, effects] = take({ ...state, log: announce(state.log, input.toSeq) }, input.events ?? []);
      if (!hasHole(next.log) || isOver(next)) return settle(next, effects, {});
      return join(effects, move(next, 'gap', { fetch: state.fetching === 'no' }));
    }
    case 'snapshot': {
      const { status, lastSeq } = input.task;
      const known = { ...state, log: announce(state.log, lastSeq) };
      return settle(isFinalTaskStatus(status) ? { ...known, final: { status, seq: lastSeq } } : known, [], {});
    }
    case 'fetched': {
      const stale = state.fetching === 'stale';
      const before = state.log.lastSeq;
      const [next, effects] = take({ ...state, fetching: 'no', failures: 0 }, input.events);
      if (isOver(next)) return settle(next, effects, {});
      // A page that brought nothing while something is missing would only be asked for again: wait instead.
      const again = stale || input.more || (hasHole(next.log) && next.log.lastSeq > before);
      return join(effects, again ? settle(next, [], { fetch: true }) : caughtUp(next));
    }
    case 'logRemoved': {
      const log = { ...state.log, lastSeq: state.log.knownSeq, held: [] };
      return settle({ ...state, log, fetching: 'no', failures: 0 }, [], {});
    }
    case 'fetchFailed': {
      if (input.fatal) return [{ ...state, phase: 'done' }, [phase('done'), { type: 'fail', error: input.error }]];
      const ms = backoffMs[Math.min(state.failures, backoffMs.length - 1)] ?? 5_000;
      return [{ ...state, fetching: 'no', failures: state.failures + 1 }, [{ type: 'wait', ms }]];
    }
    case 'abort':
      return [{ ...state, phase: 'done' }, [phase('done')]];
  }
}

const phase = (name: WatchPhase): WatchEffect => ({ type: 'phase', phase: name });
const join = (first: readonly WatchEffect[], [state, rest]: Step): Step => [state, [...first, ...rest]];

function move(state: WatchState, name: WatchMove, options: { fetch?: boolean }): Step {
  const moved = nextPhase(state.phase, name);
  const effects = moved === state.phase ? [] : [phase(moved)];
  return settle({ ...state, phase: moved }, effects, options);
}

const caughtUp = (state: WatchState): Step =>
  hasHole(state.log) ? settle(state, [], {}) : move(state, 'caughtUp', {});

/** Puts events into the log and emits what is next in line. */
function take(state: WatchState, events: readonly TaskEvent[]): Step {
  const { log, ready } = absorb(state.log, events);
  const last = ready.at(-1);
  const isFinal = last?.kind === 'task' && isFinalTaskStatus(last.data.status);
  const final = isFinal ? { status: last.data.status, seq: last.seq } : state.final;
  return [{ ...state, log, final }, ready.length === 0 ? [] : [{ type: 'emit', events: ready }]];
}

const isOver = ({ final, log }: WatchState): boolean => final !== undefined && log.lastSeq >= final.seq;

/** The end of every step: over, or a fetch, or the next look. */
function settle(state: WatchState, effects: readonly WatchEffect[], { fetch = false }: { fetch?: boolean }): Step {
  if (isOver(state) && state.final !== undefined) {
    return [{ ...state, phase: 'done' }, [...effects, phase('done'), { type: 'end', status: state.final.status }]];
  }
  if (!fetch) {
    const wait: WatchEffect[] = state.fetching === 'no' ? [{ type: 'wait', ms: waitMs[state.phase] }] : [];
    return [state, [...effects, ...wait]];
  }
  if (state.fetching !== 'no') return [{ ...state, fetching: 'stale' }, effects];
  return [{ ...state, fetching: 'yes' }, [...effects, { type: 'fetch', afterSeq: state.log.lastSeq }]];
}
