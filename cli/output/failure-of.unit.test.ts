import { describe, expect, it } from 'vitest';
import { ApiError, apiErrorOf } from '../../client/api/api-error.ts';
import { SfpError } from '../../contracts/error.ts';
import { exitCodeOf } from '../exit-code.ts';
import { UsageError } from '../usage-error.ts';
import { failureOf } from './failure-of.ts';

describe('failureOf', () => {
  it('passes an expected failure on and nothing more', () => {
    const failure = { code: 'a', message: 'b', detail: 'c', suggestion: 'd' };
    expect(failureOf(new SfpError(failure, { cause: new Error('secret') }))).toEqual(failure);
    expect(failureOf(new UsageError('b', 'd'))).toEqual({ code: 'usage', message: 'b', suggestion: 'd' });
  });
  it('shows what differs between the two versions of a conflict, for people and for programs', () => {
    const conflict = {
      expectedVersion: 1,
      currentVersion: 2,
      current: { name: 'Theirs' },
      differences: [{ field: 'name', yours: 'Mine', current: 'Theirs' }],
    };
    const failure = { code: 'version_conflict', message: 'Changed.', detail: 'From 1 to 2.' };
    const problem = { ...failure, type: 't', title: 'Conflict', status: 409, requestId: 'r', conflict };
    expect(failureOf(apiErrorOf(409, problem, 'http://sfp.test'))).toEqual({
      ...failure,
      detail: 'From 1 to 2.\nfield  yours  now\nname   Mine   Theirs',
      conflict,
    });
  });
  it('makes a bug report of everything else, also of a system error with a code', () => {
    const error = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
    expect(failureOf(error)).toMatchObject({ code: 'internal', detail: expect.stringContaining('ENOENT') });
    expect(failureOf('text')).toMatchObject({ code: 'internal' });
  });
  it('gives each kind its exit code', () => {
    const codeOf = (error: unknown): number => exitCodeOf(failureOf(error).code, error);
    expect(codeOf(new UsageError('x', 'y'))).toBe(2);
    expect(codeOf(new DOMException('stopped', 'AbortError'))).toBe(3);
    expect(codeOf(new SfpError({ code: 'not_logged_in', message: 'x' }))).toBe(4);
    expect(codeOf(new ApiError({ code: 'whatever', message: 'x' }, 403, undefined))).toBe(4);
    expect(codeOf(new SfpError({ code: 'stack_unhealthy', message: 'x' }))).toBe(5);
    expect(codeOf(new Error('x'))).toBe(1);
  });
});
