/**
 * Where a watch is.
 *
 * - `connecting`: nothing is known yet.
 * - `live`: joined, nothing is missing; events arrive by themselves.
 * - `recovering`: joined, and what was missed is being fetched.
 * - `polling`: the socket is down; the API is asked now and then.
 * - `done`: the final event was delivered, or the watch was given up.
 */
export const watchPhases = ['connecting', 'live', 'recovering', 'polling', 'done'] as const;
export type WatchPhase = (typeof watchPhases)[number];

/** What moves it. `gap`: something is known to be missing. `caughtUp`: nothing is, as far as anybody knows. */
export type WatchMove = 'joined' | 'lost' | 'gap' | 'caughtUp' | 'end';

/** The whole state table; a move that is not listed leaves the phase as it is. */
export const watchTransitions: Record<WatchPhase, Partial<Record<WatchMove, WatchPhase>>> = {
  connecting: { joined: 'recovering', lost: 'polling', end: 'done' },
  live: { joined: 'recovering', lost: 'polling', gap: 'recovering', end: 'done' },
  recovering: { lost: 'polling', caughtUp: 'live', end: 'done' },
  polling: { joined: 'recovering', end: 'done' },
  done: {},
};

export const nextPhase = (phase: WatchPhase, move: WatchMove): WatchPhase => watchTransitions[phase][move] ?? phase;
