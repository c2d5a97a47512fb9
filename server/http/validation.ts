import type { Context } from 'hono';
import type { ZodError } from 'zod';
import type { Problem } from '../../contracts/error.ts';
import { listCommandOf } from './list-commands.ts';
import { ApiProblem } from './problem.ts';

type Findings = NonNullable<Problem['errors']>;

/** What @hono/zod-openapi hands over, for each part of a request that a route declares. */
type Validated = { success: true; target: string; data: unknown } | { success: false; target: string; error: ZodError };

/** How the part that is wrong as a whole is called. */
const wholes: Record<string, string> = { json: 'body', param: 'path' };

/** Every finding names a field: also a surplus one, also the body as a whole. */
function findingsOf({ issues }: ZodError, target: string): Findings {
  return issues.flatMap((issue) => {
    const at = issue.path.map(String);
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...at, key].join('.') || '(empty)',
        message: 'There is no such field.',
      }));
    return [{ path: at.join('.') || (wholes[target] ?? target), message: issue.message }];
  });
}

/** Text that Postgres cannot hold, wherever it stands: it would be refused there without the name of the field. */
function unstorable(value: unknown, path: string): Findings {
  if (typeof value === 'string')
    return value.includes('\0') || !value.isWellFormed()
      ? [{ path, message: 'Text without NUL and without half a character.' }]
      : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, of]) => [
    ...unstorable(name, path),
    ...unstorable(of, path === '' ? name : `${path}.${name}`),
  ]);
}

/** Refuses a request whose values are not what its route declares. */
export function refuseInvalid(result: Validated, c: Context): void {
  const errors = result.success ? unstorable(result.data, '') : findingsOf(result.error, result.target);
  if (result.success && errors.length === 0) return;
  // What is wrong in the path is an id, and the ids are in a list.
  const suggestion = result.target === 'param' ? listCommandOf(c.req.path) : undefined;
  throw new ApiProblem(
    422,
    {
      code: 'request_invalid',
      message: 'The request has values that are not valid.',
      ...(suggestion === undefined ? {} : { suggestion }),
    },
    {
      errors: errors.map(({ path, message }) => ({ path: path || (wholes[result.target] ?? result.target), message })),
    },
  );
}
