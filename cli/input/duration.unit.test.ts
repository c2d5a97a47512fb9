import { expect, it } from 'vitest';
import { durationMs } from './duration.ts';

it('reads durations', () => {
  expect(['0s', '500ms', '30s', '5m', '1h', '2d'].map((text) => durationMs(text, '--wait'))).toEqual([
    0, 500, 30_000, 300_000, 3_600_000, 172_800_000,
  ]);
});

it.each(['30', '1w', '-1s', '1.5s', '', 's'])('refuses "%s"', (text) => {
  expect(() => durationMs(text, '--wait')).toThrow('is no duration');
});
