import { freeUnits, isSchedulable } from '../scheduling/worker.ts';
import type { WorkerRegistry } from '../scheduling/worker-registry.ts';
import type { WorkerRow } from '../store/workers.ts';

const noId = '00000000-0000-0000-0000-000000000000';

/** A worker as the API shows it; `dispatcherId` stands for the engine process. */
export function workerJson(row: WorkerRow, registry: WorkerRegistry, dispatcherId: string) {
  const worker = registry.get(row.id);
  const at = { createdAt: row.createdAt, updatedAt: row.updatedAt };
  return {
    actions: row.actions,
    dispatcherId,
    labels: Object.entries(row.labels).map(([key, value]) => ({
      key,
      metadata: { id: noId, ...at },
      value: String(value),
    })),
    lastHeartbeatAt: row.lastHeartbeatAt,
    metadata: { id: row.id, ...at },
    name: row.name,
    ...(row.runtime === null ? {} : { runtimeInfo: row.runtime }),
    slotConfig: Object.fromEntries(
      Object.entries(row.slots).map(([slot, limit]) => [
        slot,
        { available: worker === undefined ? limit : freeUnits(worker, slot), limit },
      ]),
    ),
    status: row.paused ? 'PAUSED' : worker !== undefined && isSchedulable(worker, Date.now()) ? 'ACTIVE' : 'INACTIVE',
    type: 'SELFHOSTED',
  };
}
