import type { Failure } from '../../contracts/error.ts';

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** A failure, and with it what a program that reads JSON can go on with: both versions of a conflict. */
export type ShownFailure = Failure & { conflict?: unknown };

/** Anything thrown, as what a person is shown. Known by shape, so that help does not have to load the error's class. */
export function failureOf(error: unknown): ShownFailure {
  if (!(error instanceof Error)) return { code: 'internal', message: `Unexpected: ${String(error)}` };
  if (error.name === 'AbortError') return { code: 'cancelled', message: 'Cancelled.' };
  const code = 'code' in error ? text(error.code) : undefined;
  if (code === undefined || (error.name !== 'SfpError' && error.name !== 'UsageError')) return bug(error);
  const detail = 'detail' in error ? text(error.detail) : undefined;
  const suggestion = 'suggestion' in error ? text(error.suggestion) : undefined;
  return {
    code,
    message: error.message,
    ...(detail === undefined ? {} : { detail }),
    ...(suggestion === undefined ? {} : { suggestion }),
    ...('conflict' in error && error.conflict !== undefined ? { conflict: error.conflict } : {}),
  };
}

/** The last-resort handler's text: what nobody expected, with the evidence for a report. */
function bug(error: Error): Failure {
  return {
    code: 'internal',
    message: `Something went wrong that sfp did not expect: ${error.message}`,
    ...(error.stack === undefined ? {} : { detail: error.stack }),
    suggestion: 'Try again; if it stays, report it with the lines above.',
  };
}
