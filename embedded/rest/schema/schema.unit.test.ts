import { describe, expect, test } from 'vitest';
import { similar } from './fuzzy.ts';
import { viewColumns } from './view-columns.ts';

describe('hints', () => {
  test('a near name is found, a far one is not', () => {
    expect(similar(['projects', 'profiles'], 'projct', 0.75)[0]?.text).toBe('projects');
    expect(similar(['noop', 'nums'], 'nope', 0.75)).toEqual([]);
    expect(similar(['Projects'], 'PROJECTS')).toEqual([{ text: 'Projects', score: 1 }]);
  });
});

test('origins of view columns: the outer target list only, escapes and computed columns aside', () => {
  const entry = (expr: string, resno: number, table: number, column: number): string =>
    `{TARGETENTRY :expr ${expr} :resno ${resno} :resname x\\}y :ressortgroupref 0 :resorigtbl ${table} :resorigcol ${column} :resjunk false}`;
  const inner = `{SUBLINK :subselect {QUERY :commandType 1 :targetList (${entry('{VAR}', 1, 99, 9)}) :x 1}}`;
  const rule = `({QUERY :commandType 1 :rtable ({RTE}) :targetList (${entry('{VAR}', 1, 16, 3)} ${entry(inner, 2, 0, 0)} ${entry('{VAR}', 3, 16, 1)}) :override 0})`;
  expect([...viewColumns(rule)]).toEqual([
    [1, { relation: 16, column: 3 }],
    [3, { relation: 16, column: 1 }],
  ]);
});
