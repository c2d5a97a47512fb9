import { describe, expect, it } from 'vitest';
import { type MissedPolicy, missedLimit } from '../../contracts/schedule.ts';
import { momentsOf } from './schedule-moments.ts';
import { firstMoment, nextStep, type Step } from './schedule-plan.ts';

const at = (text: string): Date => new Date(`2026-05-${text}Z`);
const hourly = momentsOf({ cron: '0 * * * *', at: null, timezone: 'UTC' });
const minutely = momentsOf({ cron: '* * * * *', at: null, timezone: 'UTC' });

/** Every step until nothing is due, as a sweep takes them. */
function catchUp(missed: MissedPolicy, due: Date, now: Date, moments = hourly): Step[] {
  const steps: Step[] = [];
  let next: Date | null = due;
  while (next !== null && next <= now) {
    const step = nextStep(moments, missed, next, now);
    steps.push(step);
    next = step.nextAt;
  }
  return steps;
}
const made = (steps: readonly Step[]): string[] =>
  steps.filter(({ make }) => make).map(({ scheduledFor }) => scheduledFor.toISOString().slice(5, 16));
const count = (steps: readonly Step[]): number => steps.reduce((sum, { moments }) => sum + moments, 0);

describe('the next step about a schedule', () => {
  it.each(['skip', 'once', 'each'] as const)('on time, by the policy %s: its moment, then the next', (missed) => {
    for (const now of [at('01T10:00:00'), at('01T10:00:59'), at('01T10:01:00')]) {
      expect(nextStep(hourly, missed, at('01T10:00:00'), now)).toEqual({
        scheduledFor: at('01T10:00:00'),
        moments: 1,
        make: true,
        nextAt: at('01T11:00:00'),
      });
    }
  });

  it('missed moments are skipped, and said; the one that is on time is not', () => {
    const steps = catchUp('skip', at('01T10:00:00'), at('01T15:30:00'));
    expect(steps).toEqual([{ scheduledFor: at('01T15:00:00'), moments: 6, make: false, nextAt: at('01T16:00:00') }]);
    const onTime = catchUp('skip', at('01T10:00:00'), at('01T15:00:30'));
    expect([made(onTime), count(onTime)]).toEqual([['05-01T15:00'], 6]);
  });

  it('or one run stands for all of them, also for the one that is on time', () => {
    for (const now of [at('01T15:30:00'), at('01T15:00:30')]) {
      expect(catchUp('once', at('01T10:00:00'), now)).toEqual([
        { scheduledFor: at('01T15:00:00'), moments: 6, make: true, nextAt: at('01T16:00:00') },
      ]);
    }
  });

  it(`or each is made up for, the last ${missedLimit}; what is older is skipped, and said`, () => {
    const few = catchUp('each', at('01T10:00:00'), at('01T12:30:00'));
    expect(made(few)).toEqual(['05-01T10:00', '05-01T11:00', '05-01T12:00']);
    expect(few).toHaveLength(3);
    const many = catchUp('each', at('01T00:00:00'), at('02T23:30:00'));
    expect(many[0]).toMatchObject({ moments: 28, make: false, scheduledFor: at('02T03:00:00') });
    expect([made(many).length, made(many)[0], made(many).at(-1), count(many)]).toEqual([
      missedLimit,
      '05-02T04:00',
      '05-02T23:00',
      48,
    ]);
  });

  it('moments that are not late yet do not count against the limit', () => {
    const steps = catchUp('each', at('01T10:00:00'), at('01T10:21:30'), minutely);
    expect([made(steps).length, count(steps)]).toEqual([21, 22]);
  });

  it('after a month of minutes it is counted to a thousand, and goes on from now', () => {
    for (const missed of ['skip', 'once', 'each'] as const) {
      const steps = catchUp(missed, at('01T00:00:00'), at('31T00:00:30'), minutely);
      expect(steps.length).toBeLessThanOrEqual(missedLimit + 2);
      expect(steps.at(-1)?.nextAt).toEqual(at('31T00:01:00'));
    }
  });

  it('over the hour that comes twice nothing is missed or doubled', () => {
    const line = momentsOf({ cron: '*/30 2 * * *', at: null, timezone: 'Europe/Berlin' });
    const steps = catchUp('each', new Date('2026-10-25T00:00:00Z'), new Date('2026-10-25T12:00:00Z'), line);
    expect(made(steps)).toEqual(['10-25T00:00', '10-25T00:30', '10-25T01:00', '10-25T01:30']);
  });

  it('one moment has no next', () => {
    const once = momentsOf({ cron: null, at: '2026-05-01T10:00:00.250Z', timezone: 'UTC' });
    const step = { scheduledFor: at('01T10:00:00.250'), moments: 1, nextAt: null };
    expect(nextStep(once, 'skip', at('01T10:00:00.250'), at('01T10:00:01'))).toEqual({ ...step, make: true });
    expect(nextStep(once, 'skip', at('01T10:00:00.250'), at('01T12:00:00'))).toEqual({ ...step, make: false });
    for (const missed of ['once', 'each'] as const) {
      expect(nextStep(once, missed, at('01T10:00:00.250'), at('01T12:00:00'))).toEqual({ ...step, make: true });
    }
  });
});

describe('the first moment', () => {
  it('is the first from the change on', () => {
    expect(firstMoment(hourly, at('01T10:00:00'))).toEqual(at('01T10:00:00'));
    expect(firstMoment(hourly, at('01T10:00:00.001'))).toEqual(at('01T11:00:00'));
  });
  it('there is none in the past, and none on 30 February', () => {
    const once = momentsOf({ cron: null, at: '2026-05-01T10:00:00Z', timezone: 'UTC' });
    expect(firstMoment(once, at('01T10:00:30'))).toEqual(at('01T10:00:00'));
    const never = momentsOf({ cron: '0 0 30 2 *', at: null, timezone: 'UTC' });
    for (const [moments, from] of [
      [once, at('01T10:02:00')],
      [never, at('01T10:00:00')],
    ] as const) {
      expect(() => firstMoment(moments, from)).toThrow(expect.objectContaining({ code: 'schedule_without_moment' }));
    }
  });
});
