import { formatDuration } from './duration.ts';

/** `2027-01-31 08:00`, as a clock in this time zone shows it; the seconds only when there are any. */
export function zonedTime(iso: string, timezone: string): string {
  const date = new Date(iso);
  const withSeconds = date.getTime() % 60_000 !== 0;
  // Swedish dates are ISO dates.
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: withSeconds ? 'medium' : 'short',
  }).format(date);
}

const day = 86_400_000;

/** `in 3 h 05 min`, `2 min 10 s ago`, `in 12 days`. */
export function relativeTime(iso: string, now: number): string {
  const ms = Date.parse(iso) - now;
  const far = Math.abs(ms);
  const text = far < 2 * day ? formatDuration(far) : `${Math.round(far / day)} days`;
  return ms >= 0 ? `in ${text}` : `${text} ago`;
}

/** Both: `2027-01-31 08:00 (in 3 h 05 min)`. */
export const momentText = (iso: string, timezone: string, now: number): string =>
  `${zonedTime(iso, timezone)} (${relativeTime(iso, now)})`;
