import { z } from 'zod';
import { type LabelValue, type Step, type WantedLabel, wantedLabelSchema } from './workflow.ts';

/**
 * A queue of tasks that the same workers may take: action, slot kind and units, wanted labels, pinned worker. Its text form is what a
 * task row carries, so the engine learns the waiting lanes from the database after a restart.
 */
const laneSchema = z.object({
  action: z.string(),
  slot: z.string(),
  units: z.number().int(),
  labels: z.record(z.string(), wantedLabelSchema).optional(),
  worker: z.string().optional(),
});
export type Lane = z.infer<typeof laneSchema>;

export function laneText(step: Step, wanted: Record<string, WantedLabel>, worker: string | undefined): string {
  const [slot, units] = Object.entries(step.slots)[0] ?? ['default', 1];
  const labels = { ...step.labels, ...wanted };
  return JSON.stringify({
    action: step.action,
    slot,
    units,
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(worker === undefined ? {} : { worker }),
  } satisfies Lane);
}

export const parseLane = (text: string): Lane => laneSchema.parse(JSON.parse(text));

type Comparison = (actual: LabelValue, wanted: LabelValue) => boolean;
const comparisons: Record<NonNullable<WantedLabel['comparator']>, Comparison> = {
  EQUAL: (actual, wanted) => actual === wanted,
  NOT_EQUAL: (actual, wanted) => actual !== wanted,
  GREATER_THAN: (actual, wanted) => actual > wanted,
  GREATER_THAN_OR_EQUAL: (actual, wanted) => actual >= wanted,
  LESS_THAN: (actual, wanted) => actual < wanted,
  LESS_THAN_OR_EQUAL: (actual, wanted) => actual <= wanted,
};

const defaultWeight = 100;

/** How well a worker's labels fit: undefined when a required one is not met, else the sum of the met weights. */
export function labelFit(lane: Lane, labels: ReadonlyMap<string, LabelValue>): number | undefined {
  let fit = 0;
  for (const [name, wanted] of Object.entries(lane.labels ?? {})) {
    const actual = labels.get(name);
    const met = actual !== undefined && comparisons[wanted.comparator ?? 'EQUAL'](actual, wanted.value);
    if (!met && wanted.required === true) return undefined;
    if (met) fit += wanted.weight ?? defaultWeight;
  }
  return fit;
}
