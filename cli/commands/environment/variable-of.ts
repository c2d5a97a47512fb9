import { UsageError } from '../../usage-error.ts';

/** Name and value of a `--variable NAME=value`, or of another option of that form. */
export function variableOf(text: string, option = '--variable'): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError(`${option} ${text} has no value.`, 'Write it as NAME=value.');
}
