/** Retries `condition` until it gives something truthy; fails with `what` and the last error after `timeoutMs`. */
export async function waitFor<T>(
  condition: () => Promise<T | false | undefined | null> | T | false | undefined | null,
  { timeoutMs, what, everyMs = 10 }: { timeoutMs: number; what: string; everyMs?: number },
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== undefined && value !== null) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Waited ${timeoutMs} ms for ${what}`, last === undefined ? undefined : { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
