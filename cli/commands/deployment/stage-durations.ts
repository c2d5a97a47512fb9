import type { Stage } from '../../../contracts/deployment.ts';
import type { Connection } from '../../context/connection.ts';

const pageSize = 1_000;
// A log of more is not read for a few numbers.
const mostEvents = 5_000;

/** How long each stage took, as the log of the task says: of the last time that it ran. */
export async function stageDurations({ api }: Connection, taskId: string): Promise<Map<Stage, number>> {
  const found = new Map<Stage, number>();
  for (let afterSeq = 0; afterSeq < mostEvents; ) {
    const { items } = await api.tasks.events(taskId, { afterSeq, limit: pageSize });
    for (const event of items) {
      if (event.kind === 'stage' && event.data.durationMs !== undefined)
        found.set(event.data.stage, event.data.durationMs);
    }
    const last = items.at(-1);
    if (last === undefined || items.length < pageSize) break;
    afterSeq = last.seq;
  }
  return found;
}
