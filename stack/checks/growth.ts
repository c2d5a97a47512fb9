import { bytesText, daysUntilFull, growthText } from '../../contracts/growth.ts';
import type { StackLayout } from '../layout.ts';
import type { SizeOfStack } from '../lifecycle/growth.ts';
import { serverCommand } from '../server-command.ts';
import type { Check } from './check.ts';

const enoughDays = 30;

/** What to be told when the disk is full in less than 30 days, and what to do then; null otherwise. */
export function fullSoon(layout: Pick<StackLayout, 'tenant' | 'baseDir'>, size: SizeOfStack) {
  const days = daysUntilFull(size, size.freeBytes);
  if (days === null || days >= enoughDays) return null;
  return {
    warning: `The disk is full in about ${days} days: ${bytesText(size.freeBytes)} are free, and the database ${growthText(size)}.`,
    advice: `Keep less, for example: ${serverCommand(layout, 'config set', 'retention.taskEventsDays=30')}; or give it a larger disk.`,
  };
}

/** How large the stack is and how fast it grows. One that does not run is asked nothing, and is not at fault. */
export const growthCheck = (layout: StackLayout, ask: () => Promise<SizeOfStack | null>): Check => ({
  id: 'growth',
  title: 'Size and growth',
  severity: 'warning',
  async run() {
    const size = await ask();
    if (size === null) return { ok: true, evidence: 'not known: the stack does not answer' };
    const soon = fullSoon(layout, size);
    const evidence = sizeText(size);
    return soon === null
      ? { ok: true, evidence }
      : { ok: false, evidence: `${soon.warning} ${evidence}`, remedy: soon.advice };
  },
});

export function sizeText(size: SizeOfStack): string {
  const biggest = size.tables
    .slice(0, 3)
    .map(({ name, rows, bytes }) => `${name} ${bytesText(bytes)} in about ${rows.toLocaleString('en')} rows`);
  return [
    `database ${bytesText(size.databaseBytes)}, ${growthText(size)}`,
    ...(size.artifactBytes === 0 ? [] : [`artifacts ${bytesText(size.artifactBytes)}`]),
    `${bytesText(size.freeBytes)} free`,
    `biggest: ${biggest.join(', ')}`,
  ].join('; ');
}
