import { SfpError } from '../contracts/error.ts';

/**
 * One file of `env_file:`. Compose reads single-quoted values as they are; a value that holds a quote itself is put in
 * double quotes, where backslash, quote and dollar are escaped.
 */
export const renderEnvFile = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${quoted(name, value)}\n`)
    .join('');

function quoted(name: string, value: string): string {
  if (/[\r\n\0]/.test(value)) {
    throw new SfpError({
      code: 'env_value_multiline',
      message: `The value of ${name} has more than one line.`,
      suggestion: 'Give it as a single line, for a key as base64 without line breaks.',
    });
  }
  if (!value.includes("'")) return `'${value}'`;
  return `"${value.replaceAll(/[\\"$]/g, '\\$&')}"`;
}
