import { UsageError } from '../usage-error.ts';
import { durationMs } from './duration.ts';

/** `10m`: so long ago; `2026-01-31T02:00:00Z` or `2026-01-31`: that moment. */
export function sinceTime(text: string, now: Date): Date {
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return new Date(now.getTime() - durationMs(text, '--since'));
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return new Date(at);
  throw new UsageError(
    `--since ${text} is not a time.`,
    'Write it like 2026-01-31T02:00:00Z, or say how long ago: 10m.',
  );
}
