import { isDeepStrictEqual } from 'node:util';

/** Where two parsed values part: a path such as `body[0].id`, and both sides. */
export interface Difference {
  path: string;
  expected: unknown;
  actual: unknown;
}

/**
 * Binds what a recording holds to what this run got: the first time a volatile recorded value (an id, a time) is met it
 * is bound to the value at the same place, and every later occurrence must be that value again.
 */
export class Bindings {
  readonly #bound = new Map<string, unknown>();

  /** True when `actual` may stand where `expected` was recorded. */
  accepts(expected: string, actual: unknown): boolean {
    const bound = this.#bound.get(expected);
    if (bound !== undefined) return isDeepStrictEqual(bound, actual);
    this.#bound.set(expected, actual);
    return true;
  }

  lookup(expected: string): unknown {
    return this.#bound.get(expected);
  }
}

/** Decides, by path and recorded value, what is volatile: `bind` by identity, `ignore` altogether, or compare exactly. */
export type Volatility = (path: string, expected: unknown) => 'exact' | 'bind' | 'ignore';

/** All differences between a recorded and an actual parsed value; empty when they are equal. */
export function compare(
  expected: unknown,
  actual: unknown,
  volatility: Volatility = () => 'exact',
  bindings: Bindings = new Bindings(),
  path = '',
): Difference[] {
  const rule = volatility(path, expected);
  if (rule === 'ignore') return [];
  if (rule === 'bind') {
    const key = typeof expected === 'string' ? expected : JSON.stringify(expected);
    return bindings.accepts(key, actual) ? [] : [{ path, expected: bindings.lookup(key), actual }];
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length)
      return [{ path: `${path}.length`, expected: expected.length, actual: actual.length }];
    return expected.flatMap((item, index) => compare(item, actual[index], volatility, bindings, `${path}[${index}]`));
  }
  if (isRecord(expected) && isRecord(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...keys].flatMap((key) =>
      compare(expected[key], actual[key], volatility, bindings, path === '' ? key : `${path}.${key}`),
    );
  }
  return isDeepStrictEqual(expected, actual) ? [] : [{ path, expected, actual }];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
