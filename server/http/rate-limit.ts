import { ApiProblem } from './problem.ts';

export interface RateLimit {
  /** Counts one try; throws a 429 problem when the key has had too many within the window. */
  take(key: string): void;
}

/** A fixed window per key, in this process: enough against guessing, and forgotten on a restart. */
export function createRateLimit({ tries, windowMs }: { tries: number; windowMs: number }): RateLimit {
  const windows = new Map<string, { endsAt: number; used: number }>();
  return {
    take(key) {
      const now = Date.now();
      const window = windows.get(key);
      if (window === undefined || window.endsAt <= now) {
        if (windows.size > 10_000) for (const [name, { endsAt }] of windows) if (endsAt <= now) windows.delete(name);
        windows.set(key, { endsAt: now + windowMs, used: 1 });
        return;
      }
      window.used += 1;
      if (window.used <= tries) return;
      const retryAfter = Math.ceil((window.endsAt - now) / 1_000);
      throw new ApiProblem(
        429,
        { code: 'rate_limited', message: 'Too many tries.', suggestion: `Wait ${retryAfter} seconds, then try again.` },
        { headers: { 'retry-after': String(retryAfter) } },
      );
    },
  };
}
