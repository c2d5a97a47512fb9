import { SfpError } from '../../contracts/error.ts';
import type { Task, TaskStatus } from '../../contracts/task.ts';
import type { TaskEvent } from '../../contracts/task-event.ts';
import { taskEventFromRow } from '../../contracts/task-event.ts';
import type { TaskEventsPayload } from '../../contracts/topic.ts';
import { isPassing } from '../api/api-error.ts';
import type { FeedSource, Watcher } from './feed-source.ts';
import type { WatchPhase } from './phase.ts';
import { UpdateQueue } from './update-queue.ts';
import type { WatchEffect, WatchInput } from './watch-state.ts';
import { initialWatchState, reduceWatch } from './watch-state.ts';

export type WatchUpdate =
  /** The task as it is now; first of all updates, and again after a reconnect. */
  | { type: 'task'; task: Task }
  /** The next events: every one exactly once, in the order of `seq`, without a hole. */
  | { type: 'events'; events: readonly TaskEvent[] }
  | { type: 'phase'; phase: WatchPhase }
  | { type: 'watchers'; watchers: readonly Watcher[] }
  /** The last one: the task is over and its last event was delivered. */
  | { type: 'end'; status: TaskStatus };

export interface WatchOptions {
  source: FeedSource;
  /** Begin after this event, e.g. the last one that an earlier watch delivered. */
  afterSeq?: number;
  /** Ends the watch early; the iteration then simply stops. */
  signal?: AbortSignal;
}

const pageSize = 500;
// A server that starts again may refuse for a moment what it will answer soon: only the first refusal counts at once.
const refusalsToGiveUp = 5;

/**
 * Watches a task until its final event. Realtime is the fast path, the API is the truth: whatever the socket loses is
 * fetched, and nothing is delivered twice. Throws an `SfpError` when the task cannot be seen (a 401, 403, 404).
 */
export async function* watchTask({ source, afterSeq = 0, signal }: WatchOptions): AsyncGenerator<WatchUpdate> {
  const queue = new UpdateQueue<WatchUpdate>();
  const stopped = new AbortController();
  let state = initialWatchState(afterSeq);
  let timer: NodeJS.Timeout | undefined;
  let refusals = refusalsToGiveUp - 1;

  const dispatch = (input: WatchInput): void => {
    const [next, effects] = reduceWatch(state, input);
    state = next;
    for (const effect of effects) run(effect);
  };

  const run = (effect: WatchEffect): void => {
    switch (effect.type) {
      case 'emit':
        queue.push({ type: 'events', events: effect.events });
        return;
      case 'phase':
        queue.push({ type: 'phase', phase: effect.phase });
        if (effect.phase === 'done') stopped.abort();
        // An end or a failure follows in the same turn and says how; an abort has nothing to say.
        if (effect.phase === 'done') queueMicrotask(() => queue.end());
        return;
      case 'wait':
        clearTimeout(timer);
        timer = setTimeout(() => dispatch({ type: 'tick' }), effect.ms);
        return;
      case 'fetch':
        clearTimeout(timer);
        void fetchMissing(effect.afterSeq);
        return;
      case 'end':
        queue.push({ type: 'end', status: effect.status });
        queue.end();
        return;
      case 'fail':
        queue.end(effect.error);
        return;
    }
  };

  const fetchMissing = async (after: number): Promise<void> => {
    try {
      // The task first: its lastSeq then says what the events that follow must reach at least.
      const task = await source.task(stopped.signal);
      queue.push({ type: 'task', task });
      dispatch({ type: 'snapshot', task });
      const events = await source.events(after, pageSize, stopped.signal);
      refusals = 0;
      if (events === null) dispatch({ type: 'logRemoved' });
      else dispatch({ type: 'fetched', events, more: events.length >= pageSize });
    } catch (error) {
      if (stopped.signal.aborted) return;
      if (!(error instanceof SfpError)) return queue.end(error); // a bug: to whoever reads
      refusals = isPassing(error) ? refusals : refusals + 1;
      dispatch({ type: 'fetchFailed', error, fatal: refusals >= refusalsToGiveUp });
    }
  };

  const abort = (): void => dispatch({ type: 'abort' });
  signal?.addEventListener('abort', abort, { once: true });
  const close = source.open({
    joined: () => dispatch({ type: 'joined' }),
    lost: () => dispatch({ type: 'lost' }),
    batch: (payload) => dispatch({ type: 'batch', toSeq: payload.toSeq, events: eventsOf(payload) }),
    watchers: (watchers) => queue.push({ type: 'watchers', watchers }),
  });
  dispatch(signal?.aborted === true ? { type: 'abort' } : { type: 'start' });
  try {
    yield* queue.read();
  } finally {
    signal?.removeEventListener('abort', abort);
    stopped.abort();
    clearTimeout(timer);
    await close();
  }
}

/** A broadcast that this version cannot read is as good as one that did not fit: its events are fetched. */
function eventsOf({ events }: TaskEventsPayload): readonly TaskEvent[] | null {
  if (events === null) return null;
  try {
    return events.map(taskEventFromRow);
  } catch {
    return null;
  }
}
