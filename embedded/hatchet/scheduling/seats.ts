import { type Lane, labelFit } from '../domain/lane.ts';
import { freeUnits, isSchedulable, type WorkerState } from './worker.ts';

const maxSeats = 200;

/** The workers that could take a task of this lane now, best label fit first; equal ones in rotation after `lastWorkerId`. */
function eligibleWorkers(
  lane: Lane,
  workers: Iterable<WorkerState>,
  lastWorkerId: string | undefined,
  now: number,
): { worker: WorkerState; fit: number; places: number }[] {
  const eligible = [];
  for (const worker of workers) {
    if (!worker.actions.has(lane.action) || !isSchedulable(worker, now)) continue;
    if (lane.worker !== undefined && lane.worker !== worker.id) continue;
    const fit = labelFit(lane, worker.labels);
    const places = Math.floor(freeUnits(worker, lane.slot) / lane.units);
    if (fit !== undefined && places > 0) eligible.push({ worker, fit, places });
  }
  const last = eligible.findIndex(({ worker }) => worker.id === lastWorkerId);
  return [...eligible.slice(last + 1), ...eligible.slice(0, last + 1)].sort((a, b) => b.fit - a.fit);
}

/** One worker id per task that could start now: each worker in turn, as the real engine spreads work. */
export function seatsFor(
  lane: Lane,
  workers: Iterable<WorkerState>,
  lastWorkerId: string | undefined,
  now: number,
): string[] {
  const seats: string[] = [];
  let rest = eligibleWorkers(lane, workers, lastWorkerId, now);
  while (rest.length > 0 && seats.length < maxSeats) {
    // A better fit is filled before a worse one gets anything.
    const best = rest[0]?.fit;
    for (const entry of rest) {
      if (entry.fit !== best) break;
      seats.push(entry.worker.id);
      entry.places -= 1;
    }
    rest = rest.filter((entry) => entry.places > 0);
  }
  return seats;
}
