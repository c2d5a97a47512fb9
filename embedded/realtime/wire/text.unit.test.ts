import { expect, test } from 'vitest';
import { encodeText, parseText } from './text.ts';

test.each([
  ['not JSON', 'hello'],
  ['a number', '5'],
  ['no ref', '{"topic":"phoenix","event":"heartbeat","payload":{}}'],
  ['no payload', '{"topic":"phoenix","event":"heartbeat","ref":"1"}'],
  ['the other version', '[null,"1","phoenix","heartbeat",{}]'],
  ['an object as ref', '{"topic":"phoenix","event":"heartbeat","payload":{},"ref":{}}'],
])('version 1 ignores %s', (_, text) => {
  expect(parseText('1.0.0', text)).toBeUndefined();
});

test('version 2 wants at least five elements', () => {
  expect(parseText('2.0.0', '[null,"1","phoenix","heartbeat"]')).toBeUndefined();
  expect(parseText('2.0.0', '[null,7,"phoenix","heartbeat",{},1]')).toMatchObject({ ref: 7, topic: 'phoenix' });
});

test('version 1 leaves the join_ref out', () => {
  const frame = { joinRef: '1', ref: '2', topic: 'realtime:"x"', event: 'phx_reply', payload: '{"a":1}' };
  expect(encodeText('1.0.0', frame).data.toString()).toBe(
    '{"ref":"2","event":"phx_reply","payload":{"a":1},"topic":"realtime:\\"x\\""}',
  );
  expect(encodeText('2.0.0', frame).data.toString()).toBe('["1","2","realtime:\\"x\\"","phx_reply",{"a":1}]');
});
