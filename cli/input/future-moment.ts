import { UsageError } from '../usage-error.ts';

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** ISO time of `90s`, `30m`, `12h`, `7d` from `now`, or of a date; one without an offset is of this time zone. */
export function futureMoment(text: string, timezone: string, option: string, now: number): string {
  const [, count, unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const isDate = /^\d{4}-\d\d-\d\d/.test(text);
  const hasOffset = /(Z|[+-]\d\d:?\d\d)$/i.test(text) && text.length > 10;
  const time =
    count !== undefined
      ? now + Number(count) * (unitMs[unit] ?? 0)
      : !isDate
        ? Number.NaN
        : hasOffset
          ? Date.parse(text)
          : ofZone(Date.parse(`${text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T')}Z`), timezone);
  if (Number.isFinite(time)) return new Date(time).toISOString();
  throw new UsageError(
    `${option} ${text} is no moment.`,
    'Write 90s, 30m, 12h, 7d from now, or a date such as 2027-01-31T08:00, of the time zone of --timezone.',
  );
}

/** The moment at which the zone's clocks show this, given as if they were clocks of UTC. */
function ofZone(shown: number, timezone: string): number {
  if (!Number.isFinite(shown)) return shown;
  const first = shown - offsetOf(shown, timezone);
  // Beside a change of the clocks the first guess may have taken the offset from the other side of it.
  return shown - offsetOf(first, timezone);
}

function offsetOf(moment: number, timezone: string): number {
  try {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
    return Date.parse(`${format.format(moment).replace(' ', 'T')}Z`) - Math.floor(moment / 1_000) * 1_000;
  } catch {
    throw new UsageError(`There is no time zone ${timezone}.`, 'Use an IANA name such as Europe/Berlin or UTC.');
  }
}
