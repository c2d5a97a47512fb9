import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';
import { Masker } from './mask.ts';

const split = (...chunks: (string | Buffer)[]): string[] => {
  const splitter = new LineSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk))), ...splitter.end()];
};

describe('LineSplitter', () => {
  it('joins what a chunk boundary cut', () => expect(split('on', 'e\ntw', 'o\n')).toEqual(['one', 'two']));
  it('keeps a last line without an end', () => expect(split('one\ntwo')).toEqual(['one', 'two']));
  it('knows CR LF across a boundary', () => expect(split('one\r', '\ntwo\r\n')).toEqual(['one', 'two']));
  it('ends a line at a lone carriage return', () => expect(split('10%\r20%\rdone\n')).toEqual(['10%', '20%', 'done']));
  it('keeps empty lines', () => expect(split('a\n\nb\n')).toEqual(['a', '', 'b']));
  it('cuts a line that is too long for an event, losing nothing', () => {
    const lines = split('x'.repeat(20_001));
    expect(lines.map((line) => line.length)).toEqual([8_000, 8_000, 4_001]);
  });
  it('masks before it cuts: no half of a secret is left, wherever the cuts and the chunks are', () => {
    const secret = randomBytes(6_000).toString('hex');
    const short = secret.slice(0, 40);
    for (const before of [0, 1, 7_990, 8_000, 12_345, 30_000]) {
      const output = Buffer.from(`${'x'.repeat(before)}${secret}${'y'.repeat(9_000)}${secret}\n${short}`);
      for (const size of [1_000, 8_000, 65_536]) {
        const splitter = new LineSplitter(new Masker([secret, short]));
        const lines: string[] = [];
        for (let at = 0; at < output.length; at += size) lines.push(...splitter.push(output.subarray(at, at + size)));
        lines.push(...splitter.end());
        const expected = `${'x'.repeat(before)}***${'y'.repeat(9_000)}******`;
        // Not `toBe`: a failure would print all of both.
        expect(lines.join('') === expected, `${before} before, chunks of ${size}`).toBe(true);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(8_000);
      }
    }
  });
  it('holds no more than it must of a line without an end, also when it is secrets only', () => {
    const splitter = new LineSplitter(new Masker(['aaaaaaaa']));
    let characters = 0;
    for (let n = 0; n < 200; n += 1) characters += splitter.push(Buffer.from('a'.repeat(10_000))).join('').length;
    expect(characters).toBeGreaterThan(100_000);
  });
  it('keeps a character whole that a boundary cut', () => {
    const bytes = Buffer.from('grün\n');
    expect(split(bytes.subarray(0, 3), bytes.subarray(3))).toEqual(['grün']);
  });
});
