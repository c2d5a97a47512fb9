import { describe, expect, it } from 'vitest';
import { SfpError } from '../../contracts/error.ts';
import type { Task } from '../../contracts/task.ts';
import type { TaskEvent } from '../../contracts/task-event.ts';
import { nextPhase, watchPhases, watchTransitions } from './phase.ts';
import type { WatchEffect, WatchInput, WatchState } from './watch-state.ts';
import { initialWatchState, reduceWatch } from './watch-state.ts';

const taskId = '018f3c1e-0000-4000-8000-000000000001';
const at = '2026-11-21T12:00:00.000Z';
const note = (seq: number): TaskEvent => ({ taskId, seq, attempt: 1, at, kind: 'note', data: { text: `${seq}` } });
const over = (seq: number): TaskEvent => ({
  taskId,
  seq,
  attempt: 1,
  at,
  kind: 'task',
  data: { status: 'succeeded', failure: null },
});
const task = (lastSeq: number, status: Task['status']): Task => ({
  id: taskId,
  accountId: taskId,
  projectId: null,
  environmentId: null,
  deploymentId: null,
  buildId: null,
  type: 'noop',
  pool: 'standard',
  status,
  attempt: 1,
  progress: {},
  lastSeq,
  failure: null,
  cancelRequestedAt: null,
  createdAt: at,
  startedAt: at,
  finishedAt: null,
});

const feed = (...inputs: WatchInput[]): { state: WatchState; effects: WatchEffect[] } => {
  let state = initialWatchState();
  const effects: WatchEffect[] = [];
  for (const input of inputs) {
    const [next, more] = reduceWatch(state, input);
    state = next;
    effects.push(...more);
  }
  return { state, effects };
};
const emitted = (effects: readonly WatchEffect[]): number[] =>
  effects.flatMap((effect) => (effect.type === 'emit' ? effect.events.map(({ seq }) => seq) : []));
const kinds = (effects: readonly WatchEffect[]): string[] => effects.map(({ type }) => type);

describe('phase table', () => {
  it('leads from every phase to done and from done nowhere', () => {
    for (const phase of watchPhases) expect(nextPhase(phase, 'end')).toBe('done');
    expect(watchTransitions.done).toEqual({});
  });
  it('passes through recovering before it is live', () => {
    for (const phase of watchPhases) expect(nextPhase(phase, 'joined')).not.toBe('live');
  });
});

describe('reduceWatch', () => {
  it('ends at the end of a task whose log is no longer kept', () => {
    const { state, effects } = feed(
      { type: 'start' },
      { type: 'snapshot', task: task(7, 'succeeded') },
      { type: 'logRemoved' },
    );
    expect(state.phase).toBe('done');
    expect(emitted(effects)).toEqual([]);
    expect(effects.at(-1)).toEqual({ type: 'end', status: 'succeeded' });
  });

  it('fetches at once and again after the join, which the first fetch may not have seen', () => {
    const { state, effects } = feed({ type: 'start' }, { type: 'joined' });
    expect(kinds(effects)).toEqual(['fetch', 'phase']);
    expect(state.fetching).toBe('stale');
    const [next, more] = reduceWatch(state, { type: 'fetched', events: [note(1)], more: false });
    expect(kinds(more)).toEqual(['emit', 'fetch']);
    expect(next.phase).toBe('recovering');
    expect(reduceWatch(next, { type: 'fetched', events: [], more: false })[0].phase).toBe('live');
  });

  it('drops what it has, holds what is early, and fetches the hole', () => {
    const live = feed({ type: 'start' }, { type: 'fetched', events: [note(1)], more: false }, { type: 'joined' }).state;
    const [ready] = reduceWatch(live, { type: 'fetched', events: [], more: false });
    const [gap, effects] = reduceWatch(ready, { type: 'batch', toSeq: 4, events: [note(1), note(3), note(4)] });
    expect(effects).toContainEqual({ type: 'fetch', afterSeq: 1 });
    expect(gap.phase).toBe('recovering');
    const [caught, more] = reduceWatch(gap, { type: 'fetched', events: [note(2)], more: false });
    expect(emitted(more)).toEqual([2, 3, 4]);
    expect(caught.phase).toBe('live');
  });

  it('fetches a batch that was too large for a frame', () => {
    const { effects } = feed(
      { type: 'start' },
      { type: 'fetched', events: [], more: false },
      { type: 'joined' },
      { type: 'fetched', events: [], more: false },
      { type: 'batch', toSeq: 9, events: null },
    );
    expect(effects.at(-1)).toEqual({ type: 'fetch', afterSeq: 0 });
  });

  it('does not ask in a circle when the server does not have yet what a broadcast announced', () => {
    const { effects } = feed(
      { type: 'start' },
      { type: 'batch', toSeq: 3, events: null },
      { type: 'fetched', events: [], more: false },
    );
    expect(kinds(effects)).toEqual(['fetch', 'wait']);
  });

  it('ends with the final event, and not before what comes ahead of it', () => {
    const early = feed({ type: 'start' }, { type: 'batch', toSeq: 3, events: [over(3)] });
    expect(early.state.phase).toBe('connecting');
    const [state, effects] = reduceWatch(early.state, { type: 'fetched', events: [note(1), note(2)], more: false });
    expect(emitted(effects)).toEqual([1, 2, 3]);
    expect(effects.at(-1)).toEqual({ type: 'end', status: 'succeeded' });
    expect(reduceWatch(state, { type: 'joined' })).toEqual([state, []]);
  });

  it('ends at once on a task that was over, from the event it was told to begin after', () => {
    const [, effects] = reduceWatch(initialWatchState(7), { type: 'snapshot', task: task(7, 'failed') });
    expect(effects.at(-1)).toEqual({ type: 'end', status: 'failed' });
  });

  it('backs off when the API fails and gives up when no waiting helps', () => {
    const error = new SfpError({ code: 'server_unreachable', message: 'no' });
    const failed: WatchInput = { type: 'fetchFailed', error, fatal: false };
    const { effects } = feed({ type: 'start' }, failed, { type: 'tick' }, failed, { type: 'tick' }, failed);
    expect(effects.filter(({ type }) => type === 'wait')).toEqual(
      [250, 500, 1_000].map((ms) => ({ type: 'wait', ms })),
    );
    const [state, end] = reduceWatch(initialWatchState(), { ...failed, fatal: true });
    expect(kinds(end)).toEqual(['phase', 'fail']);
    expect(state.phase).toBe('done');
  });
});

/** A reproducible random sequence (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * A small world in virtual time: a log that grows in batches, broadcasts that are lost, doubled and late, a socket that
 * falls and comes back, a fetch that reads the log somewhere between its start and its end, or fails.
 */
function simulate(seed: number): { seqs: number[]; total: number; fetches: number; ended: boolean; now: number } {
  const roll = random(seed);
  const pick = (limit: number): number => Math.floor(roll() * limit);
  const total = 20 + pick(200);
  const log: TaskEvent[] = [];
  const agenda: { at: number; order: number; run: () => void }[] = [];
  let order = 0;
  let now = 0;
  let joined = false;
  let tick = 0;
  let state = initialWatchState();
  const seqs: number[] = [];
  let fetches = 0;
  let ended = false;

  const later = (delay: number, run: () => void): void => void agenda.push({ at: now + delay, order: order++, run });
  const dispatch = (input: WatchInput): void => {
    const [next, effects] = reduceWatch(state, input);
    state = next;
    for (const effect of effects) perform(effect);
  };
  const perform = (effect: WatchEffect): void => {
    if (effect.type === 'emit') seqs.push(...effect.events.map((event) => event.seq));
    if (effect.type === 'end') ended = true;
    if (effect.type === 'wait') {
      tick += 1;
      const mine = tick;
      later(effect.ms, () => mine === tick && dispatch({ type: 'tick' }));
    }
    if (effect.type === 'fetch') {
      fetches += 1;
      tick += 1;
      if (roll() < 0.1) {
        const error = new SfpError({ code: 'server_unreachable', message: 'no' });
        later(pick(300), () => dispatch({ type: 'fetchFailed', error, fatal: false }));
        return;
      }
      later(pick(50), () => {
        const page = log.filter(({ seq }) => seq > effect.afterSeq).slice(0, 25);
        const { length } = log;
        later(pick(50), () => {
          if (roll() < 0.5)
            dispatch({ type: 'snapshot', task: task(length, length === total ? 'succeeded' : 'running') });
          dispatch({ type: 'fetched', events: page, more: page.length === 25 });
        });
      });
    }
  };
  const append = (): void => {
    const size = Math.min(1 + pick(8), total - log.length);
    const batch = Array.from({ length: size }, (_, index) => {
      const seq = log.length + index + 1;
      return seq === total ? over(seq) : note(seq);
    });
    log.push(...batch);
    const copies = roll() < 0.25 || !joined ? 0 : roll() < 0.2 ? 2 : 1;
    const whole = roll() < 0.9;
    for (let copy = 0; copy < copies; copy += 1) {
      const input: WatchInput = { type: 'batch', toSeq: log.length, events: whole ? batch : null };
      later(pick(80), () => dispatch(input));
    }
    if (log.length < total) later(pick(60), append);
  };
  const flap = (): void => {
    joined = !joined;
    dispatch({ type: joined ? 'joined' : 'lost' });
    later(joined ? pick(800) : pick(300), flap);
  };

  dispatch({ type: 'start' });
  later(pick(100), append);
  later(pick(100), flap);
  while (!ended && now < 600_000) {
    agenda.sort((a, b) => a.at - b.at || a.order - b.order);
    const next = agenda.shift();
    if (next === undefined) break;
    now = next.at;
    next.run();
  }
  return { seqs, total, fetches, ended, now };
}

describe('the watch in a world that loses, doubles and reorders', () => {
  it('delivers every event once and in order, and ends, in 2,000 random worlds', () => {
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const { seqs, total, fetches, ended } = simulate(seed);
      const expected = Array.from({ length: total }, (_, index) => index + 1);
      expect({ seed, seqs, ended }).toEqual({ seed, seqs: expected, ended: true });
      // Every fetch has a cause: a join, a hole, a tick. A loop without one would show here.
      expect(fetches, `fetches in world ${seed}`).toBeLessThan(total * 3 + 50);
    }
  });
});
