import { describe, expect, it } from 'vitest';
import { judge } from './watchdog.ts';

const now = 1_000_000;

describe('judge', () => {
  it('takes a worker with a fresh heartbeat for alive', () => {
    expect(judge({ status: 'ACTIVE', lastHeartbeatAt: now - 4_000 }, undefined, now)).toEqual({
      verdict: 'alive',
      lostSinceMs: undefined,
    });
  });

  it.each([
    ['unknown to the engine', undefined],
    ['inactive', { status: 'INACTIVE', lastHeartbeatAt: now }],
    ['silent', { status: 'ACTIVE', lastHeartbeatAt: now - 60_000 }],
  ])('gives one that is %s time to come back, then calls it a zombie', (_, registration) => {
    const first = judge(registration, undefined, now);
    expect(first).toEqual({ verdict: 'alive', lostSinceMs: now });
    expect(judge(registration, first.lostSinceMs, now + 44_000).verdict).toBe('alive');
    expect(judge(registration, first.lostSinceMs, now + 45_000).verdict).toBe('zombie');
  });

  it('forgets that it was lost when it is back', () => {
    expect(judge({ status: 'ACTIVE', lastHeartbeatAt: now }, now - 30_000, now).lostSinceMs).toBeUndefined();
  });
});
