import type { PlannedTerm, ReadPlan } from './model.ts';

const filtered = (term: PlannedTerm): string[] => {
  if (term.kind === 'group') return term.terms.flatMap(filtered);
  return term.kind === 'filter' ? [term.field.name] : [];
};

/**
 * The columns that a mutation or function has to return for the plan that reads them: the selected ones, those that
 * filters, order and embeds use, and the primary key for `Location`. One `*` makes all others superfluous.
 */
export function neededColumns(plan: ReadPlan, primaryKey: readonly string[]): string[] {
  const selected = plan.columns.map(({ field }) => field.name);
  const joined = plan.embeds.flatMap(({ relationship }) => {
    if (relationship === undefined) return [];
    // A computed relationship takes the whole row.
    if (relationship.kind === 'computed') return ['*'];
    return (relationship.junction?.source ?? relationship.columns).map(([own]) => own);
  });
  const ordered = plan.order.filter(({ embed }) => embed === undefined).map(({ field }) => field.name);
  const all = [...selected, ...joined, ...plan.filters.flatMap(filtered), ...ordered, ...primaryKey];
  if (all.includes('*') || (selected.length === 0 && plan.embeds.length === 0)) return ['*'];
  return [...new Set(all)].toSorted();
}
