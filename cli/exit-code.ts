/** What a shell can tell apart. A command that ends without a code of its own ends with `ok`. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  cancelled: 3,
  unauthorised: 4,
  unhealthy: 5,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Failures whose code alone decides the exit code; every other one is `failed`. */
const byFailureCode: Record<string, ExitCode> = {
  usage: exitCodes.usage,
  input_required: exitCodes.usage,
  environment_invalid: exitCodes.usage,
  cancelled: exitCodes.cancelled,
  not_logged_in: exitCodes.unauthorised,
  session_expired: exitCodes.unauthorised,
  token_invalid: exitCodes.unauthorised,
  unhealthy: exitCodes.unhealthy,
  stack_unhealthy: exitCodes.unhealthy,
};

/** The exit code of a failure; a refusal by the API (401, 403) is `unauthorised` whatever its code. */
export function exitCodeOf(failureCode: string, error: unknown): ExitCode {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 401 || status === 403) return exitCodes.unauthorised;
  return byFailureCode[failureCode] ?? exitCodes.failed;
}
