import type { ConcurrencyStrategy } from './workflow.ts';

/** One holder's place at a concurrency key, oldest first. */
export interface Place {
  holder: string;
  runId: string;
  held: boolean;
  strategy: ConcurrencyStrategy;
  maxRuns: number;
}

export interface AdmissionPlan {
  /** Places that get the key now. */
  admit: Place[];
  /** Runs that lose it, or never get it. */
  cancel: Place[];
}

/** Who may hold a key now. The newest entry's definition decides: it is the one in force. */
export function planAdmission(places: readonly Place[]): AdmissionPlan {
  const newest = places.at(-1);
  if (newest === undefined) return { admit: [], cancel: [] };
  const held = places.filter((place) => place.held);
  const waiting = places.filter((place) => !place.held);
  return plans[newest.strategy](held, waiting, Math.max(newest.maxRuns, 0));
}

type Plan = (held: Place[], waiting: Place[], limit: number) => AdmissionPlan;

const plans: Record<ConcurrencyStrategy, Plan> = {
  GROUP_ROUND_ROBIN: (held, waiting, limit) => ({
    admit: waiting.slice(0, Math.max(limit - held.length, 0)),
    cancel: [],
  }),
  CANCEL_IN_PROGRESS: (held, waiting, limit) => {
    const staying = new Set([...held, ...waiting].slice(-limit || Number.POSITIVE_INFINITY));
    return {
      admit: waiting.filter((place) => staying.has(place)),
      cancel: [...held, ...waiting].filter((place) => !staying.has(place)),
    };
  },
  CANCEL_NEWEST: (held, waiting, limit) => {
    const room = Math.max(limit - held.length, 0);
    return { admit: waiting.slice(0, room), cancel: waiting.slice(room) };
  },
};
