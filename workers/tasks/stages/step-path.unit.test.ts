import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { stepPath } from './step-environment.ts';

it('a step gets the machine’s programs, and the platform’s Node behind them', () => {
  const path = '/home/ann/sfp/node_modules/.bin:/usr/lib/node_modules/npm/bin/node-gyp-bin:/usr/local/bin:/usr/bin';
  expect(stepPath(path)).toBe(`/usr/local/bin:/usr/bin:${dirname(process.execPath)}`);
});
