import { randomUUID } from 'node:crypto';
import { DatabaseError } from 'pg';
import { Failure, MethodNotAllowed, NoRoute, WeakPassword } from './failure.ts';
import type { Reply } from './reply.ts';

const currentVersion = '2024-01-01';

/** True when the caller asked for errors in the newer shape: any date from 2024-01-01 on. */
export function wantsNewShape(header: string | undefined): boolean {
  if (header === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(header)) return false;
  return !Number.isNaN(Date.parse(header)) && header >= currentVersion;
}

/** The answer for whatever a route threw; `unexpected` tells the caller to log it. */
export function failureReply(error: unknown, newShape: boolean): { reply: Reply; unexpected: boolean } {
  if (error instanceof NoRoute)
    return {
      reply: { status: 404, body: '404 page not found\n', headers: { 'x-content-type-options': 'nosniff' } },
      unexpected: false,
    };
  if (error instanceof MethodNotAllowed)
    return { reply: { status: 405, headers: { allow: error.allow.join(', ') } }, unexpected: false };
  const cause = error instanceof Failure ? error.cause : error;
  const raised = cause instanceof DatabaseError && !newShape ? renderRaised(cause) : undefined;
  if (raised !== undefined) return { reply: raised, unexpected: true };
  const failure = error instanceof Failure ? error : unforeseen(error);
  return { reply: render(failure, newShape), unexpected: failure.status >= 500 };
}

function unforeseen(error: unknown): Failure {
  const timedOut = error instanceof DatabaseError && error.code === '57014';
  if (timedOut)
    return new Failure(504, 'request_timeout', 'Processing this request timed out, please retry after a moment.', {
      cause: error,
    });
  return new Failure(500, 'unexpected_failure', 'Internal Server Error', { cause: error });
}

function render(failure: Failure, newShape: boolean): Reply {
  const weak = failure instanceof WeakPassword ? { weak_password: { reasons: failure.reasons } } : {};
  if (newShape)
    return {
      status: failure.status,
      headers: {
        'x-supabase-api-version': currentVersion,
        // The real server leaves the header out for weak passwords in this shape; clients see it as it is.
        ...(failure instanceof WeakPassword ? {} : { 'x-sb-error-code': failure.code }),
        ...failure.headers,
      },
      body: { code: failure.code, message: failure.message, ...weak },
    };
  return {
    status: failure.status,
    headers: { 'x-sb-error-code': failure.code, ...failure.headers },
    body: {
      code: failure.status,
      error_code: failure.code,
      msg: failure.message,
      ...(failure.status >= 500 ? { error_id: randomUUID() } : {}),
      ...weak,
    },
  };
}

/**
 * What a trigger or constraint of the application says to the older shape: its own SQLSTATE and text, and PTnnn as the
 * HTTP status. That is how people put rules on sign-up.
 */
function renderRaised(error: DatabaseError): Reply | undefined {
  const code = error.code ?? '';
  const status = /^PT[3-5]\d\d$/.test(code) ? Number(code.slice(2)) : 500;
  if (status === 500 && !code.startsWith('23') && code !== 'P0001') return undefined;
  return {
    status,
    headers: { 'x-sb-error-code': 'unexpected_failure' },
    body: {
      code,
      message: error.message,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    },
  };
}
