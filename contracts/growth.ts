import { z } from 'zod';

/** How large a stack's database is, as `stack_growth` answers the platform's own key. Rows are the planner's estimates. */
export const stackGrowthSchema = z.object({
  databaseBytes: z.number(),
  /** What is kept of builds. */
  artifactBytes: z.number(),
  /** The ten biggest, whatever their partitions. */
  tables: z.array(z.object({ name: z.string(), rows: z.number(), bytes: z.number() })),
  /** Of the database; null before there are two daily samples. */
  bytesPerDay: z.number().nullable(),
  measuredDays: z.number().nullable(),
});
export type StackGrowth = z.infer<typeof stackGrowthSchema>;

/** In how many days the disk is full when it goes on like this; null when that is not known, or never. */
export const daysUntilFull = ({ bytesPerDay }: StackGrowth, freeBytes: number): number | null =>
  bytesPerDay === null || bytesPerDay <= 0 ? null : Math.floor(freeBytes / bytesPerDay);

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
/** A size with about three digits. */
export function bytesText(bytes: number): string {
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(bytes))) / 3)));
  const value = bytes / 1_000 ** step;
  return `${Number(value.toPrecision(3))} ${units[step]}`;
}

export const growthText = ({ bytesPerDay, measuredDays }: StackGrowth): string => {
  if (bytesPerDay === null) return 'growth not known yet';
  const moves = bytesPerDay < 0 ? 'shrinks' : 'grows';
  return `${moves} by ${bytesText(Math.abs(bytesPerDay))} a day (over ${measuredDays} days)`;
};
