import { describe, expect, it } from 'vitest';
import { futureMoment } from './future-moment.ts';

const now = Date.parse('2026-07-01T10:00:00Z');
const of = (text: string, timezone = 'UTC'): string => futureMoment(text, timezone, '--at', now);

describe('a moment to come', () => {
  it('is so far from now, or a date', () => {
    expect(of('90s')).toBe('2026-07-01T10:01:30.000Z');
    expect(of('7d')).toBe('2026-07-08T10:00:00.000Z');
    expect(of('2027-01-31T08:00:00+02:00', 'Asia/Kolkata')).toBe('2027-01-31T06:00:00.000Z');
    expect(of('2027-01-31')).toBe('2027-01-31T00:00:00.000Z');
  });
  it('without an offset it is of the time zone, in summer and winter', () => {
    expect(of('2027-01-31T08:00', 'Europe/Berlin')).toBe('2027-01-31T07:00:00.000Z');
    expect(of('2027-07-31 08:00', 'Europe/Berlin')).toBe('2027-07-31T06:00:00.000Z');
    expect(of('2027-07-31T08:00', 'America/New_York')).toBe('2027-07-31T12:00:00.000Z');
    expect(of('2027-03-28T03:30', 'Europe/Berlin')).toBe('2027-03-28T01:30:00.000Z');
  });
  it.each(['', 'tomorrow', '5y', '2027-13-01', '2027-01-31Tmorning'])('%j is none', (text) => {
    expect(() => of(text)).toThrow(/is no moment/);
  });
  it('a zone that is none is said', () => {
    expect(() => of('2027-01-31T08:00', 'Mars/Phobos')).toThrow(/no time zone/);
  });
});
