import { expect, test } from 'vitest';
import { parsePostmasterPid } from './postmaster-pid.ts';

test('the first two lines are the pid and the data directory', () => {
  expect(parsePostmasterPid('4711\n/srv/data\n1795262049\n5432\n')).toEqual({ pid: 4711, dataDir: '/srv/data' });
});

test.each(['', '\n', 'x\n/srv', '-1\n/srv', '4711', '4711\n'])('%j names no server', (text) => {
  expect(parsePostmasterPid(text)).toBeUndefined();
});
