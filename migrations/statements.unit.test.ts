import { describe, expect, it } from 'vitest';
import { splitStatements } from './statements.ts';

describe('splitStatements', () => {
  it('splits at top-level semicolons and knows the line of each first word', () => {
    expect(splitStatements('-- a; b\nselect 1;\n\n/* ; */ select 2\n  + 3;\n')).toEqual([
      { sql: 'select 1', line: 2 },
      { sql: 'select 2\n  + 3', line: 4 },
    ]);
  });

  it('leaves semicolons in quotes and dollar quotes alone', () => {
    const body = `create function f() returns text language sql as $f$ select 'a;''b;'; select "x;y"; $f$`;
    expect(splitStatements(`${body};select ';' as "a;b"`).map((statement) => statement.sql)).toEqual([
      body,
      `select ';' as "a;b"`,
    ]);
  });

  it('has nothing to say about comments and blanks', () => {
    expect(splitStatements(' ;; -- only a comment')).toEqual([]);
  });
});
