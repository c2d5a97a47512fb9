import type { Preferences } from '../http/preferences.ts';
import type { ReadPlan } from '../plan/model.ts';
import { countSql } from '../sql/read.ts';
import { Values } from '../sql/text.ts';
import type { BatchRows, Statement } from './batch.ts';

/** What is asked besides the query to know the total. */
export interface CountPlan {
  /** SQL of the rows to count in the query itself. */
  inQuery: ((values: Values) => string) | undefined;
  /** EXPLAIN of the same, in the same transaction. */
  explain: Statement | undefined;
}

/** `exact` counts, `planned` asks the planner, `estimated` counts up to the row limit and asks beyond it. */
export function planCount(kind: Preferences['count'], read: ReadPlan, maxRows: number | undefined): CountPlan {
  const explained = (): Statement => {
    const values = new Values();
    const text = `EXPLAIN (FORMAT JSON) ${countSql(read, values)}`;
    return { text, values: values.list };
  };
  switch (kind) {
    case undefined:
      return { inQuery: undefined, explain: undefined };
    case 'exact':
      return { inQuery: (values) => countSql(read, values), explain: undefined };
    case 'planned':
      return { inQuery: undefined, explain: explained() };
    case 'estimated':
      return {
        inQuery: (values) => `${countSql(read, values)}${maxRows === undefined ? '' : ` LIMIT ${maxRows + 1}`}`,
        explain: maxRows === undefined ? undefined : explained(),
      };
  }
}

/** The total to tell, from what the query counted and the planner guessed. */
export function resolveTotal(
  kind: Preferences['count'],
  counted: number | undefined,
  explained: BatchRows[number] | undefined,
  maxRows: number | undefined,
): number | undefined {
  const guess = Number(/"Plan Rows": (\d+)/.exec(explained?.[0] ?? '')?.[1] ?? Number.NaN);
  if (kind === 'planned') return Number.isNaN(guess) ? undefined : guess;
  if (kind === 'estimated' && maxRows !== undefined && counted !== undefined && counted > maxRows)
    return Number.isNaN(guess) ? counted : Math.max(counted, guess);
  return counted;
}
