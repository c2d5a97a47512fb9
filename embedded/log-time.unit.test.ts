import { expect, it } from 'vitest';
import { LineClock, lineTime } from './log-time.ts';

it('reads the time of our lines and of Postgres', () => {
  expect(lineTime('{"level":30,"time":1795273298345,"pid":1,"msg":"x"}')?.toISOString()).toBe(
    '2026-11-21T15:01:38.345Z',
  );
  expect(lineTime('2026-11-21 15:11:36.073 UTC [15438] LOG:  checkpoint')?.toISOString()).toBe(
    '2026-11-21T15:11:36.073Z',
  );
});

it.each(['', 'panic: 2026-11-21 15:11:36 UTC [1]', '{"time":"soon"}', '2026-11-21 15:11:36.073 XYZ [1] LOG'])(
  'has none for %j',
  (line) => expect(lineTime(line)).toBeNull(),
);

it('gives the lines of a stack trace the time of their message', () => {
  const clock = new LineClock();
  expect(clock.timeOf('    at nowhere')).toBeNull();
  expect(clock.timeOf('{"level":50,"time":1795273298345,"msg":"x"}')?.getTime()).toBe(1795273298345);
  expect(clock.timeOf('    at main.ts:1')?.getTime()).toBe(1795273298345);
});
