import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unifiedDiff } from './unified-diff.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sfp-diff-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index}`);
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

it.each([
  ['one line', numbered(30), numbered(30).with(12, 'other')],
  ['two places far apart', numbered(60), numbered(60).with(5, 'a').with(50, 'b')],
  ['two places that touch', numbered(30), numbered(30).with(5, 'a').with(10, 'b')],
  ['lines that come and go', numbered(20), ['first', ...numbered(20).toSpliced(7, 3), 'last']],
  ['a new file', [], numbered(4)],
  ['an emptied file', numbered(4), []],
])('gives what patch applies: %s', (_name, before, after) => {
  const file = join(dir, 'file');
  writeFileSync(file, text(before));
  writeFileSync(join(dir, 'change.diff'), unifiedDiff('file', text(before), text(after)));
  execFileSync('git', ['apply', '--unidiff-zero', '--whitespace=nowarn', 'change.diff'], { cwd: dir, stdio: 'pipe' });
  expect(execFileSync('cat', [file], { encoding: 'utf8' })).toBe(text(after));
});
