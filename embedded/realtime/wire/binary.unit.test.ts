import { describe, expect, test } from 'vitest';
import { encodeBroadcast, encodeUserBroadcast, parseBinary } from './binary.ts';

describe('parseBinary', () => {
  test('a user push: lengths count UTF-8 bytes', () => {
    const parts = ['1', '50', 'realtime:é', 'ev', '{"persist":true}'].map((text) => Buffer.from(text));
    const frame = Buffer.concat([
      Buffer.from([3, ...parts.map((part) => part.length), 1]),
      ...parts,
      Buffer.from('{"a":1}'),
    ]);
    expect(parseBinary(frame)).toEqual({
      joinRef: '1',
      ref: '50',
      topic: 'realtime:é',
      event: 'broadcast',
      payload: undefined,
      binary: { kind: 'user', encoding: 'json', event: 'ev', meta: '{"persist":true}', data: Buffer.from('{"a":1}') },
    });
  });

  test('a plain push', () => {
    const frame = Buffer.from('AAECDAkxNTRyZWFsdGltZTpiaW5icm9hZGNhc3RyYXc=', 'base64');
    expect(parseBinary(frame)).toMatchObject({
      joinRef: '1',
      ref: '54',
      topic: 'realtime:bin',
      event: 'broadcast',
      binary: { kind: 'push', data: Buffer.from('raw') },
    });
  });

  test.each([
    ['empty', ''],
    ['unknown kind', 'CQkJ'],
    ['cut short', 'AwEB'],
    ['lengths beyond the end', 'AwH/AQEBAQ=='],
  ])('%s is malformed', (_, base64) => {
    expect(parseBinary(Buffer.from(base64, 'base64'))).toBeUndefined();
  });
});

describe('encoding', () => {
  test('as recorded', () => {
    const user = encodeUserBroadcast({
      topic: 'realtime:bin',
      event: 'jsonev',
      meta: '',
      encoding: 'json',
      data: Buffer.from('{"a":1,"s":"é"}'),
    });
    expect(user?.data.toString('base64')).toBe('BAwGAAFyZWFsdGltZTpiaW5qc29uZXZ7ImEiOjEsInMiOiLDqSJ9');
    expect(encodeBroadcast('realtime:bin', 'broadcast', Buffer.from('raw'))?.data.toString('base64')).toBe(
      'AgwJcmVhbHRpbWU6YmluYnJvYWRjYXN0cmF3',
    );
  });

  test('what does not fit a length byte is not encoded', () => {
    expect(encodeBroadcast('t'.repeat(256), 'e', Buffer.alloc(0))).toBeUndefined();
  });
});
