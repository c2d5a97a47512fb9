import { describe, expect, it } from 'vitest';
import { type Moments, momentsOf } from './schedule-moments.ts';

const of = (cron: string, timezone = 'UTC'): Moments => momentsOf({ cron, at: null, timezone });

/** The next `count` moments, as UTC. */
function next(moments: Moments, from: string, count: number): string[] {
  const found: string[] = [];
  let moment: Date | null = new Date(from);
  while (found.length < count) {
    moment = moments.after(moment);
    if (moment === null) break;
    found.push(moment.toISOString().slice(0, 16));
  }
  return found;
}

describe('moments of a cron line', () => {
  it('are in its time zone, summer and winter', () => {
    expect(next(of('30 9 * * 1-5', 'Europe/Berlin'), '2026-10-22T12:00:00Z', 3)).toEqual([
      '2026-10-23T07:30',
      '2026-10-26T08:30',
      '2026-10-27T08:30',
    ]);
    expect(next(of('0 9 * * *', 'Asia/Kolkata'), '2026-01-01T00:00:00Z', 1)).toEqual(['2026-01-01T03:30']);
    expect(next(of('0 0 29 2 *'), '2026-01-01T00:00:00Z', 2)).toEqual(['2028-02-29T00:00', '2032-02-29T00:00']);
  });

  it('a time of the day in the hour that does not exist comes right behind it, once', () => {
    for (const line of ['30 2 * * *', '30 2,14 * * *']) {
      const day = next(of(line, 'Europe/Berlin'), '2026-03-28T22:00:00Z', 5).filter((at) => at < '2026-03-29T05');
      expect([line, ...day]).toEqual([line, '2026-03-29T01:00']);
    }
    expect(next(of('30 2 * * *', 'America/New_York'), '2026-03-08T00:00:00Z', 2)).toEqual([
      '2026-03-08T07:00',
      '2026-03-09T06:30',
    ]);
  });

  it('a time of the day in the hour that comes twice comes once, in the first', () => {
    expect(next(of('30 2 * * *', 'Europe/Berlin'), '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
    expect(next(of('30 1,13 * * *', 'America/New_York'), '2026-11-01T00:00:00Z', 2)).toEqual([
      '2026-11-01T05:30',
      '2026-11-01T18:30',
    ]);
  });

  it('an interval goes on through both as time does', () => {
    const half = of('*/30 * * * *', 'Europe/Berlin');
    expect(next(half, '2026-03-29T00:00:00Z', 3)).toEqual(['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30']);
    expect(next(half, '2026-10-25T00:00:00Z', 4)).toEqual([
      '2026-10-25T00:30',
      '2026-10-25T01:00',
      '2026-10-25T01:30',
      '2026-10-25T02:00',
    ]);
  });

  it.each([
    ['30 2,14 * * *', '2026-03-29T12:00:00Z'],
    ['*/30 * * * *', '2026-03-29T04:00:00Z'],
    ['30 2 * * *', '2026-10-27T12:00:00Z'],
    ['*/20 1-3 * * *', '2026-10-25T04:00:00Z'],
  ])('looking back finds the same as looking forward: %s before %s', (line, to) => {
    const moments = of(line, 'Europe/Berlin');
    const back = moments.before(new Date(to), 9).map((at) => at.toISOString().slice(0, 16));
    const first = back.at(-1) ?? '';
    expect(back).toHaveLength(9);
    const before = new Date(Date.parse(`${first}:00Z`) - 1_000).toISOString();
    expect(next(moments, before, 9)).toEqual(back.toReversed());
  });

  it('of one moment there is one', () => {
    const moments = momentsOf({ cron: null, at: '2026-05-01T10:00:00.5+02:00', timezone: 'Europe/Berlin' });
    expect(next(moments, '2026-01-01T00:00:00Z', 2)).toEqual(['2026-05-01T08:00']);
    expect(moments.after(new Date('2026-05-01T08:00:00.5Z'))).toBeNull();
    expect(moments.before(new Date('2026-06-01T00:00:00Z'), 5)).toHaveLength(1);
  });

  it.each([
    '',
    'often',
    '* * * *',
    '* * * * * *',
    '61 * * * *',
    '* 24 * * *',
    '0 0 * * 8',
    '0 0 * 13 *',
    '2026-10-10T10:00:00',
    '5/5 * * * *',
  ])('%j is no line, and it says why', (line) => {
    expect(() => of(line)).toThrow(expect.objectContaining({ code: 'schedule_cron' }));
  });

  it.each(['Mars/Phobos', '+02:00', '', 'Europe'])('%j is no time zone', (timezone) => {
    expect(() => of('0 0 * * *', timezone)).toThrow(expect.objectContaining({ code: 'schedule_timezone' }));
  });
});
