import { z } from 'zod';
import { ApiProblem, notSignedIn } from './problem.ts';

/** What supabase-js gives as `error`, whatever went wrong. */
const databaseErrorSchema = z.object({
  message: z.string(),
  code: z.string().nullish(),
  details: z.string().nullish(),
  hint: z.string().nullish(),
});

type Fixed = { status: number; code: string; message: string; suggestion?: string };

const byState: Record<string, Fixed> = {
  '42501': {
    status: 403,
    code: 'forbidden',
    message: 'Your role in the account does not allow this.',
    suggestion: 'Ask an owner of the account for a higher role.',
  },
  '23505': { status: 409, code: 'already_exists', message: 'There is already one with that name.' },
  '23503': { status: 409, code: 'reference_missing', message: 'It refers to something that does not exist.' },
  '23502': { status: 422, code: 'invalid_value', message: 'A required value is missing.' },
  '23514': { status: 422, code: 'invalid_value', message: 'A value is outside what the platform allows.' },
  PGRST116: { status: 404, code: 'not_found', message: 'There is no such row, or it is not yours to see.' },
  '57014': { status: 503, code: 'database_slow', message: 'The database took too long.', suggestion: 'Try again.' },
  // Two changes waited for each other, and this one was given up: nothing of it happened.
  '40P01': {
    status: 503,
    code: 'database_busy',
    message: 'Another change of the same thing was in the way.',
    suggestion: 'Try again.',
  },
  '53300': {
    status: 503,
    code: 'database_busy',
    message: 'The database has no connection left.',
    suggestion: 'Try again.',
  },
};

/** Turns an error of REST or the database into the answer for the caller. */
export function databaseProblem(error: unknown, status?: number): ApiProblem {
  const parsed = databaseErrorSchema.safeParse(error);
  if (!parsed.success) {
    return new ApiProblem(
      502,
      { code: 'database_answer', message: 'The database answered in an unknown way.' },
      { cause: error },
    );
  }
  const { code, message, details, hint } = parsed.data;
  const state = code ?? '';
  const raised = /^PT([45]\d\d)$/.exec(state);
  if (raised?.[1] !== undefined) {
    return new ApiProblem(Number(raised[1]), {
      code: message,
      message: details || message,
      ...(hint ? { suggestion: hint } : {}),
    });
  }
  if (/^PGRST30\d$/.test(state) || status === 401) return notSignedIn('The database did not accept the token.');
  const fixed = byState[state];
  if (fixed !== undefined) {
    const { status: answer, ...failure } = fixed;
    return new ApiProblem(answer, { ...failure, detail: details || message }, { cause: error });
  }
  if (state.startsWith('22')) {
    return new ApiProblem(
      422,
      { code: 'invalid_value', message: 'A value has the wrong form.', detail: message },
      { cause: error },
    );
  }
  const away = status === undefined || status === 0 || status >= 502 || /^(08|57P|PGRST00)/.test(state);
  return away
    ? new ApiProblem(
        503,
        {
          code: 'database_unavailable',
          message: 'The database cannot be reached.',
          suggestion: 'Try again in a moment.',
        },
        { cause: error, headers: { 'retry-after': '2' } },
      )
    : new ApiProblem(
        500,
        { code: 'database_error', message: 'The database refused the request.', detail: `${message} (${state})` },
        { cause: error },
      );
}
