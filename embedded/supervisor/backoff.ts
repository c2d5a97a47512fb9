const firstDelayMs = 100;
const longestDelayMs = 30_000;

/** A service that was healthy this long begins again with the shortest delay. */
export const backoffResetMs = 30_000;

/** Wait before the n-th start in a row (n from 1): 0.1 s, 0.2 s, 0.4 s … 30 s. */
export const backoffDelayMs = (attempt: number): number =>
  Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt - 1, 20));
