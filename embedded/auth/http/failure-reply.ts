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
  if (error instanceof Failure) return { reply: render(error, newShape), unexpected: error.status >= 500 };
  const raised = error instanceof DatabaseError ? renderRaised(error, newShape) : undefined;
  const unknown = new Failure(500, 'unexpected_failure', 'Internal Server Error', { cause: error });
  return { reply: raised ?? render(unknown, newShape), unexpected: true };
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
function renderRaised(error: DatabaseError, newShape: boolean): Reply | undefined {
  const code = error.code ?? '';
  const status = /^PT[1-5]\d\d$/.test(code) ? Number(code.slice(2)) : 500;
  if (status === 500 && !code.startsWith('23') && code !== 'P0001') return undefined;
  if (newShape) return undefined;
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
