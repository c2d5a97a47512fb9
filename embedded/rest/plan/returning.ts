import type { ReadPlan } from './model.ts';

/**
 * The columns that a mutation or function has to return for the plan that reads them: the selected ones, the columns that
 * embeds join by, and the primary key for `Location`. One `*` makes all others superfluous.
 */
export function neededColumns(plan: ReadPlan, primaryKey: readonly string[]): string[] {
  const selected = plan.columns.map(({ field }) => field.name);
  const joined = plan.embeds.flatMap(({ relationship }) => {
    if (relationship === undefined) return [];
    // A computed relationship takes the whole row.
    if (relationship.kind === 'computed') return ['*'];
    return (relationship.junction?.source ?? relationship.columns).map(([own]) => own);
  });
  const all = [...selected, ...joined, ...primaryKey];
  if (all.includes('*') || (selected.length === 0 && plan.embeds.length === 0)) return ['*'];
  return [...new Set(all)].toSorted();
}
