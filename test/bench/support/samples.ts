/** The value below which `percent` of the samples lie (nearest rank). NaN when there are none. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** A figure with about three digits. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
};

export const latencyColumns = ['p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'n'] as const;

export const latencyCells = (samples: readonly number[]): string[] => [
  ...[50, 95, 99, 100].map((percent) => figure(percentile(samples, percent))),
  String(samples.length),
];

export const spreadColumns = ['min', 'median', 'max', 'runs'] as const;

export const spreadCells = (samples: readonly number[]): string[] => [
  ...[0, 50, 100].map((percent) => figure(percentile(samples, percent))),
  String(samples.length),
];
