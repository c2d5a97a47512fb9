import { describe, expect, it } from 'vitest';
import { LogBuffer } from './log-buffer.ts';

const line = (text: string) => ({ stream: 'stdout' as const, text });

describe('LogBuffer', () => {
  it('puts consecutive lines of one step into one event', () => {
    const buffer = new LogBuffer();
    const origin = { stage: 'build' as const, step: 'compile' };
    expect([...buffer.add(origin, line('a')), ...buffer.add(origin, line('b'))]).toEqual([]);
    expect(buffer.take()).toEqual([{ ...origin, lines: [line('a'), line('b')] }]);
    expect(buffer.take()).toEqual([]);
  });

  it('ends an event where the step changes', () => {
    const buffer = new LogBuffer();
    buffer.add({ stage: 'build', step: 'one' }, line('a'));
    expect(buffer.add({ stage: 'build', step: 'two' }, line('b'))).toEqual([
      { stage: 'build', step: 'one', lines: [line('a')] },
    ]);
  });

  it('ends an event that is full', () => {
    const buffer = new LogBuffer();
    const complete = Array.from({ length: 250 }, (_, index) => buffer.add({ stage: null }, line(String(index)))).flat();
    expect(complete.map((event) => event.lines.length)).toEqual([100, 100]);
    expect(buffer.take()[0]?.lines.length).toBe(50);
  });
});
