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
  cancelled: exitCodes.cancelled,
  not_logged_in: exitCodes.unauthorised,
  session_expired: exitCodes.unauthorised,
  invalid_credentials: exitCodes.unauthorised,
  unauthorized: exitCodes.unauthorised,
  unauthorised: exitCodes.unauthorised,
  unauthenticated: exitCodes.unauthorised,
  forbidden: exitCodes.unauthorised,
  token_invalid: exitCodes.unauthorised,
  stack_unhealthy: exitCodes.unhealthy,
  not_healthy: exitCodes.unhealthy,
};

export const exitCodeOf = (failureCode: string): ExitCode => byFailureCode[failureCode] ?? exitCodes.failed;
