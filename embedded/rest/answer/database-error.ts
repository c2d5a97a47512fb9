import { z } from 'zod';
import { ConnectionLost, DatabaseError } from '../db/batch.ts';
import { PoolTimeout } from '../db/pool.ts';
import { RestError } from '../rest-error.ts';
import { failedCheck } from '../sql/answer.ts';

// First match wins: a whole SQLSTATE or its beginning.
const statuses: readonly (readonly [prefix: string, status: number])[] = [
  ['08', 503],
  ['09', 500],
  ['0L', 403],
  ['0P', 403],
  ['21000', 500],
  ['23503', 409],
  ['23505', 409],
  ['25006', 405],
  ['25', 500],
  ['28', 403],
  ['2D', 500],
  ['38', 500],
  ['39', 500],
  ['3B', 500],
  ['40', 500],
  ['42883', 404],
  ['42P01', 404],
  ['42P17', 500],
  ['53400', 500],
  ['53', 503],
  ['54', 500],
  ['55', 500],
  ['57P01', 503],
  ['57', 500],
  ['58', 500],
  ['F0', 500],
  ['HV', 500],
  ['P0001', 400],
  ['P0', 500],
  ['XX', 500],
];

const raisedMessage = z.object({
  code: z.string(),
  message: z.string(),
  details: z.string().nullish(),
  hint: z.string().nullish(),
});
const raisedDetail = z.object({
  status: z.number().int().min(100).max(999),
  status_text: z.string().optional(),
  headers: z.record(z.string(), z.string()),
});

function parseJson<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `RAISE SQLSTATE 'PGRST'`: message and detail are JSON that says the whole answer. */
function raised({ message, detail }: DatabaseError): RestError {
  const malformed = (what: string, text: string, hint: string): RestError =>
    new RestError({
      status: 500,
      code: 'PGRST121',
      message: `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`,
      details: `Invalid JSON value for ${what}: '${text}'`,
      hint,
    });
  const body = parseJson(raisedMessage, message);
  if (body === undefined)
    return malformed(
      'MESSAGE',
      message,
      "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.",
    );
  const answer = parseJson(raisedDetail, detail ?? '');
  if (answer === undefined)
    return malformed(
      'DETAIL',
      detail ?? '',
      "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'.",
    );
  return new RestError({ ...body, status: answer.status, headers: answer.headers, reason: answer.status_text });
}

const checkMessages: Readonly<Record<string, (n: string) => RestError>> = {
  PGRST115: () =>
    new RestError({
      status: 400,
      code: 'PGRST115',
      message: 'Payload values do not match URL in primary key column(s)',
    }),
  PGRST116: (n) =>
    new RestError({
      status: 406,
      code: 'PGRST116',
      message: 'Cannot coerce the result to a single JSON object',
      details: `The result contains ${n} rows`,
    }),
  PGRST124: (n) =>
    new RestError({
      status: 400,
      code: 'PGRST124',
      message: 'Query result exceeds max-affected preference constraint',
      details: `The query affects ${n} rows`,
    }),
};

function status({ code, message }: DatabaseError, authenticated: boolean): { status: number; reason?: string } {
  if (code === '42501') return { status: authenticated ? 403 : 401 };
  if (code === '22023' && /^role ".*" does not exist$/s.test(message)) return { status: 401 };
  if (code.startsWith('PT')) {
    const number = Number(code.slice(2));
    return Number.isInteger(number) && number >= 100 ? { status: number, reason: message } : { status: 500 };
  }
  return { status: statuses.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 400 };
}

function fromDatabase(error: DatabaseError, authenticated: boolean): RestError {
  const check = failedCheck.exec(error.message);
  const [, code = '', n = ''] = check ?? [];
  const failed = checkMessages[code];
  if (failed !== undefined) return failed(n);
  if (error.code === 'PGRST') return raised(error);
  const answer = status(error, authenticated);
  return new RestError({
    ...answer,
    code: error.code,
    message: error.message,
    details: error.detail ?? null,
    hint: error.hint ?? null,
    headers: answer.status === 401 ? { 'www-authenticate': 'Bearer' } : {},
  });
}

/** Every later request answers this until the schema cache is loaded again. */
export const databaseDown = (): RestError =>
  new RestError({
    status: 503,
    code: 'PGRST002',
    message: 'Could not query the database for the schema cache. Retrying.',
    headers: { 'retry-after': '0' },
  });

/** The answer to a failure of the database; undefined for anything else, which is a bug. */
export function toRestError(error: unknown, authenticated: boolean): RestError | undefined {
  if (error instanceof RestError) return error;
  if (error instanceof DatabaseError) return fromDatabase(error, authenticated);
  if (error instanceof PoolTimeout)
    return new RestError({
      status: 504,
      code: 'PGRST003',
      message: 'Timed out acquiring connection from connection pool.',
    });
  if (error instanceof ConnectionLost)
    return new RestError({
      status: 503,
      code: 'PGRST001',
      message: 'Database client error. Retrying the connection.',
      details: 'no connection to the server\n',
      headers: { 'retry-after': '0' },
    });
  return undefined;
}
