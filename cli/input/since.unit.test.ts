import { expect, it } from 'vitest';
import { sinceTime } from './since.ts';

const now = new Date('2026-01-31T12:00:00Z');

it.each([
  ['10m', '2026-01-31T11:50:00.000Z'],
  ['2026-01-31T02:00:00Z', '2026-01-31T02:00:00.000Z'],
  ['2026-01-30', '2026-01-30T00:00:00.000Z'],
])('reads %s', (text, at) => expect(sinceTime(text, now).toISOString()).toBe(at));

it.each(['2026-13-01T00:00:00Z', 'yesterday', '10'])('refuses %s', (text) =>
  expect(() => sinceTime(text, now)).toThrow(expect.objectContaining({ code: 'usage' })),
);
