import { describe, expect, it } from 'vitest';
import { databaseProblem } from './database-problem.ts';

describe('an error of the database becomes the answer', () => {
  it.each([
    [{ code: 'PT409', message: 'task_finished', details: 'It has.', hint: 'Nothing.' }, 409, 409, 'task_finished'],
    [{ code: '42501', message: 'new row violates row-level security policy' }, 403, 403, 'forbidden'],
    [{ code: '23505', message: 'duplicate key' }, 409, 409, 'already_exists'],
    [{ code: '23514', message: 'check' }, 400, 422, 'invalid_value'],
    [{ code: '22P02', message: 'invalid input syntax' }, 400, 422, 'invalid_value'],
    [{ code: 'PGRST301', message: 'JWT expired' }, 401, 401, 'unauthorized'],
    [{ code: 'PGRST116', message: '0 rows' }, 406, 404, 'not_found'],
    [{ code: '', message: 'TypeError: fetch failed' }, 0, 503, 'database_unavailable'],
    [{ message: 'bad gateway' }, 502, 503, 'database_unavailable'],
    [{ code: 'XX000', message: 'oh' }, 500, 500, 'database_error'],
    ['what?', 200, 502, 'database_answer'],
  ])('%o', (error, restStatus, status, code) => {
    expect(databaseProblem(error, restStatus)).toMatchObject({ status, code });
  });

  it('a raised failure keeps its sentence and suggestion', () => {
    const { message, suggestion } = databaseProblem(
      { code: 'PT409', message: 'x', details: 'It has.', hint: 'Nothing.' },
      409,
    );
    expect([message, suggestion]).toEqual(['It has.', 'Nothing.']);
  });
});
