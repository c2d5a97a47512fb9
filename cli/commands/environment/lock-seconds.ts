import { lockSecondsSchema } from '../../../contracts/environment-lock.ts';
import { durationMs } from '../../input/duration.ts';
import { UsageError } from '../../usage-error.ts';

/** Whole seconds of `60m`, within what a lock may last. */
export function lockSeconds(text: string, option: string): number {
  const parsed = lockSecondsSchema.safeParse(durationMs(text, option) / 1_000);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${option} ${text} is out of range.`, 'Write from 1m to 24h.');
}
