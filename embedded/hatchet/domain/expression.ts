import { Environment } from '@marcbachmann/cel-js';

const environment = new Environment({ unlistedVariablesAreDyn: true });

/** True when the text is a CEL expression (macros, string functions and `has` included). */
export function isExpression(text: string): boolean {
  try {
    environment.parse(text);
    return true;
  } catch {
    return false;
  }
}

export type Evaluated = { value: unknown } | { error: string };

/** Evaluates a CEL expression over `input`, `additional_metadata` and the like. Never throws. */
export function evaluate(text: string, variables: Record<string, unknown>): Evaluated {
  try {
    return { value: environment.evaluate(text, variables) };
  } catch (error) {
    return { error: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

/** The value of a concurrency key, or why there is none, in the real engine's words. */
export function evaluateKey(text: string, variables: Record<string, unknown>): { key: string } | { error: string } {
  const result = evaluate(text, variables);
  if ('error' in result) return { error: `failed to parse step expression (${text}): ${result.error}` };
  if (typeof result.value === 'string') return { key: result.value };
  const type = typeName(result.value);
  return {
    error: `failed to parse step expression (${text}): expected string output for concurrency key, got ${type}`,
  };
}

const typeName = (value: unknown): string => {
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'int';
  if (typeof value === 'number') return 'double';
  if (typeof value === 'boolean') return 'bool';
  return value === null || value === undefined ? 'null' : 'map';
};
