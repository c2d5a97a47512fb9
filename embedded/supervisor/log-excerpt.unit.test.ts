import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { logEnd, logExcerpt } from './log-excerpt.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sfp-log-'));
  file = join(dir, 'x.log');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const line = (level: number, msg: string): string => `${JSON.stringify({ level, msg })}\n`;

it('quotes complaints of this start only, each once', () => {
  writeFileSync(file, line(50, 'of an earlier start'));
  const from = logEnd(file);
  appendFileSync(file, line(30, 'hello') + line(50, 'no key') + line(50, 'no key') + line(40, 'slow'));
  expect(logExcerpt(file, 12, from)).toBe('no key\nslow');
});

it('quotes the last words of this start when nothing complained, and nothing when nothing was said', () => {
  writeFileSync(file, 'an earlier crash\n');
  const from = logEnd(file);
  expect(logExcerpt(file, 12, from)).toBe('');
  appendFileSync(file, 'one\ntwo\n');
  expect(logExcerpt(file, 12, from)).toBe('one\ntwo');
  expect(logExcerpt(join(dir, 'none.log'), 12, 0)).toBe('');
});

it('begins at the start of a log that was begun anew', () => {
  writeFileSync(file, 'a long line of an earlier start\n');
  const from = logEnd(file);
  writeFileSync(file, 'short\n');
  expect(logExcerpt(file, 12, from)).toBe('short');
});
