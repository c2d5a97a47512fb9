import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

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
  it('keeps a character whole that a boundary cut', () => {
    const bytes = Buffer.from('grün\n');
    expect(split(bytes.subarray(0, 3), bytes.subarray(3))).toEqual(['grün']);
  });
});
