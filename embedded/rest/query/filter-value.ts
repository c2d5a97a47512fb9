import { type Operation, quantifiable, simple } from './model.ts';
import { expression, plainValue } from './operation.ts';

/** `[not.]operator.value` of a filter at top level. */
export const rowExpression = expression(plainValue);

const plain = new RegExp(
  `^(not\\.)?(${[...Object.keys(quantifiable), ...Object.keys(simple)].join('|')})\\.(.*)$`,
  's',
);
const isQuantifiable = (name: string): name is keyof typeof quantifiable => name in quantifiable;
const isSimple = (name: string): name is keyof typeof simple => name in simple;

/** The same as the grammar for operators without parentheses; undefined for all else, right or wrong. */
export function parseFilterValue(text: string): { negated: boolean; operation: Operation } | undefined {
  const [, not, operator = '', value = ''] = plain.exec(text) ?? [];
  const negated = not !== undefined;
  if (isQuantifiable(operator))
    return { negated, operation: { kind: 'quantifiable', operator, quantifier: undefined, value } };
  return isSimple(operator) ? { negated, operation: { kind: 'simple', operator, value } } : undefined;
}

export const isFilterValue = (text: string): boolean =>
  parseFilterValue(text) !== undefined || rowExpression(text, 0).success !== undefined;
