import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** One line about what the figures were taken on. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GB`;
  return `${cpus().length} cores (${model}), ${memory}, ${process.platform} ${release()}, Node ${process.version}`;
}

/** How busy the machine is with everything, the bench included: 1, 5, 15 minutes. */
export const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');

/** Share of all cores that was idle between two readings. Tells whether others used the machine meanwhile. */
export function idleTicks(): { idle: number; all: number } {
  const ticks = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.trim().split(/\s+/).slice(1, 9).map(Number) ?? [];
  return { idle: (ticks[3] ?? 0) + (ticks[4] ?? 0), all: ticks.reduce((sum, value) => sum + value, 0) };
}
