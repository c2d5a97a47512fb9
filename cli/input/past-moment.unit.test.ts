import { expect, it } from 'vitest';
import { pastMoment } from './past-moment.ts';

const now = Date.parse('2027-01-31T12:00:00Z');

it('reads how long ago, and dates', () => {
  expect(['30m', '12h', '1d', '1w', '2027-01-02T03:04:05Z'].map((text) => pastMoment(text, '--since', now))).toEqual([
    '2027-01-31T11:30:00.000Z',
    '2027-01-31T00:00:00.000Z',
    '2027-01-30T12:00:00.000Z',
    '2027-01-24T12:00:00.000Z',
    '2027-01-02T03:04:05.000Z',
  ]);
});

it.each(['yesterday', '', '1y', '-1h'])('refuses "%s"', (text) => {
  expect(() => pastMoment(text, '--since', now)).toThrow('is no time');
});
