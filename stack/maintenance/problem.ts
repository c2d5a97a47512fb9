import type { Problem } from '../../contracts/error.ts';

/** Seconds after which a client tries again. */
export const maintenanceRetryAfter = 30;

/** What every client gets while a stack is being updated, whoever answers in its place (RFC 9457). */
export const maintenanceProblem = (requestId: string, retryAfter = maintenanceRetryAfter): Problem => ({
  type: 'about:blank',
  title: 'Maintenance',
  status: 503,
  code: 'maintenance',
  message: 'This platform is being updated or is starting.',
  detail: 'Nothing was done with this request.',
  suggestion: `Try again in ${retryAfter} seconds.`,
  requestId,
});
