import { setTimeout as delay } from 'node:timers/promises';
import { type ProcessRow, processTable } from './process-table.ts';

/** USER_HZ, which is 100 on every architecture that Node runs on. */
const ticksPerSecond = 100;
/** Shorter than this, a tick more or less decides what is told. */
const shortestMs = 200;
/** What was used longer ago says nothing about now. */
const longestMs = 30_000;
/** So long the same moment is compared with, so that asking often does not make the figures coarse. */
const keptMs = 1_000;

interface Sample {
  at: number;
  ticks: ReadonlyMap<number, number>;
}

export interface CpuReading {
  table: readonly ProcessRow[];
  /** Share of one core that these processes use; null where the system does not tell. */
  share(members: readonly number[]): number | null;
}

/** Compares the clocks of all processes with what they were when it was asked before, or with a moment ago. */
export class CpuMeter {
  #before: Sample | undefined;

  async read(): Promise<CpuReading> {
    const before = await this.#baseline();
    const table = processTable();
    const now = sample(table);
    const elapsedMs = now.at - before.at;
    if (elapsedMs >= keptMs) this.#before = now;
    return {
      table,
      share: (members) => {
        const known = members.filter((pid) => now.ticks.has(pid));
        if (known.length === 0) return null;
        // Who was not there before has used all of its time since.
        const used = known.map((pid) => Math.max(0, (now.ticks.get(pid) ?? 0) - (before.ticks.get(pid) ?? 0)));
        const seconds = used.reduce((sum, ticks) => sum + ticks, 0) / ticksPerSecond;
        return Math.round((seconds / (elapsedMs / 1_000)) * 1_000) / 1_000;
      },
    };
  }

  async #baseline(): Promise<Sample> {
    if (this.#before === undefined || performance.now() - this.#before.at > longestMs) {
      this.#before = sample(processTable());
    }
    const before = this.#before;
    const missing = shortestMs - (performance.now() - before.at);
    if (missing > 0) await delay(missing);
    return before;
  }
}

const sample = (table: readonly ProcessRow[]): Sample => ({
  at: performance.now(),
  ticks: new Map(table.map(({ pid, ticks }) => [pid, ticks])),
});
