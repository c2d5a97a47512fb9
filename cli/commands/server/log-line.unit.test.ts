import { expect, it } from 'vitest';
import { readableLine } from './log-line.ts';

it('reads pino lines and leaves others alone', () => {
  const line = '{"level":30,"time":1767225600123,"pid":1,"msg":"listening","port":80,"host":"a"}';
  expect(readableLine(line)).toBe('00:00:00.123 info  listening port=80 host=a');
  expect(readableLine('LOG:  ready')).toBe('LOG:  ready');
  expect(readableLine('{"not": "a record"}')).toBe('{"not": "a record"}');
  expect(readableLine('{broken')).toBe('{broken');
});
