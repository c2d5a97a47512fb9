import { describe, expect, it } from 'vitest';
import { momentText, relativeTime, zonedTime } from './moment.ts';

describe('a moment', () => {
  it('is shown as the clocks of its time zone show it', () => {
    expect(zonedTime('2026-07-01T22:30:00Z', 'Europe/Berlin')).toBe('2026-07-02 00:30');
    expect(zonedTime('2026-01-01T22:30:07Z', 'America/New_York')).toBe('2026-01-01 17:30:07');
  });
  it('and as how far away it is', () => {
    const now = Date.parse('2026-07-01T00:00:00Z');
    expect(relativeTime('2026-07-01T03:05:00Z', now)).toBe('in 3 h 05 min');
    expect(relativeTime('2026-06-30T23:59:30Z', now)).toBe('30 s ago');
    expect(relativeTime('2026-07-13T02:00:00Z', now)).toBe('in 12 days');
    expect(momentText('2026-07-01T00:02:00Z', 'UTC', now)).toBe('2026-07-01 00:02 (in 2 min 00 s)');
  });
});
