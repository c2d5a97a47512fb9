import { expect, it, vi } from 'vitest';
import { createRateLimit } from './rate-limit.ts';

it('counts per key and begins again after the window', () => {
  vi.useFakeTimers();
  try {
    const limit = createRateLimit({ tries: 2, windowMs: 1_000 });
    limit.take('a');
    limit.take('a');
    expect(() => limit.take('a')).toThrow('Too many');
    limit.take('b');
    vi.advanceTimersByTime(1_001);
    limit.take('a');
  } finally {
    vi.useRealTimers();
  }
});
