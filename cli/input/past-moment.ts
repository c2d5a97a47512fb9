import { UsageError } from '../usage-error.ts';

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** ISO time of `30m`, `12h`, `7d`, `4w` before `now`, or of a date. */
export function pastMoment(text: string, option: string, now: number): string {
  const [, count, unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const date = /^\d{4}-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  const time = count === undefined ? date : now - Number(count) * (unitMs[unit] ?? 0);
  if (Number.isFinite(time)) return new Date(time).toISOString();
  throw new UsageError(
    `${option} ${text} is no time.`,
    'Write 30m, 12h, 7d, 4w ago, or a date such as 2027-01-31T08:00.',
  );
}
