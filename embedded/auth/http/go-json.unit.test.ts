import { describe, expect, test } from 'vitest';
import { Failure } from './failure.ts';
import { Body, type Struct } from './go-json.ts';

const struct: Struct = { name: 'P', fields: { email: 'string', data: 'object', confirm: 'bool', names: 'strings' } };
const problem = (text: string): string => {
  try {
    Body.parse(text, struct);
  } catch (error) {
    if (error instanceof Failure) return error.message.replace('Could not parse request body as JSON: ', '');
    throw error;
  }
  return 'none';
};

describe('what Go would say', () => {
  test.each([
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['{"email":', 'unexpected end of JSON input'],
    ['{"email":"a', 'unexpected end of JSON input'],
    ['{"email":tr', 'unexpected end of JSON input'],
    ['hello', "invalid character 'h' looking for beginning of value"],
    ['{a', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{}x', "invalid character 'x' after top-level value"],
    ['{}{}', "invalid character '{' after top-level value"],
    ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
    ['[]', 'json: cannot unmarshal array into Go value of type api.P'],
    ['5', 'json: cannot unmarshal number into Go value of type api.P'],
    ['"x"', 'json: cannot unmarshal string into Go value of type api.P'],
    ['{"email":5}', 'json: cannot unmarshal number into Go struct field P.email of type string'],
    ['{"data":[1]}', 'json: cannot unmarshal array into Go struct field P.data of type map[string]interface {}'],
    ['{"confirm":"yes"}', 'json: cannot unmarshal string into Go struct field P.confirm of type bool'],
    ['{"names":[1]}', 'json: cannot unmarshal array into Go struct field P.names of type []string'],
  ])('%j: %s', (text, expected) => {
    expect(problem(text)).toBe(expected);
  });
});

describe('what is taken', () => {
  test('keys in any case, the last of two, null as nothing, unknown keys as nothing', () => {
    const body = Body.parse('{"EMAIL":"a","email":"b","data":null,"confirm":true,"other":[1]}', struct);
    expect([body.string('email'), body.object('data'), body.bool('confirm'), body.has('data')]).toEqual([
      'b',
      undefined,
      true,
      false,
    ]);
  });

  test('null is an empty body', () => {
    expect(Body.parse('null', struct).string('email')).toBe('');
  });

  test('half a surrogate pair becomes U+FFFD', () => {
    expect(Body.parse('{"data":{"a":"\\ud800x","b":"\\ud83d\\ude00"}}', struct).object('data')).toEqual({
      a: '\ufffdx',
      b: '😀',
    });
  });

  test('a key named like a part of every object is a key', () => {
    expect(Body.parse('{"__proto__":{"email":"x"},"constructor":1}', struct).string('email')).toBe('');
  });
});
