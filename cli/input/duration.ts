import { UsageError } from '../usage-error.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `500ms`, `30s`, `5m`, `1h` or `2d`. */
export function durationMs(text: string, option: string): number {
  const [, count, unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = unitMs[unit];
  if (count !== undefined && factor !== undefined) return Number(count) * factor;
  throw new UsageError(`${option} ${text} is no duration.`, 'Write 30s, 5m, 1h or 2d.');
}
