export interface Statement {
  sql: string;
  /** Line of its first word in the file, from 1. */
  line: number;
}

// What a semicolon may hide in: comments, quoted text, quoted names, dollar quotes.
const token = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$[A-Za-z_0-9]*\$)[\s\S]*?\1|;/g;
const leading = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/;

/** Splits SQL at its top-level semicolons, so that a failure can name its statement and line. */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  const add = (start: number, end: number): void => {
    const raw = sql.slice(start, end);
    const skip = leading.exec(raw)?.[0].length ?? 0;
    if (raw.slice(skip).trim() === '') return;
    const line = sql.slice(0, start + skip).split('\n').length;
    statements.push({ sql: raw.slice(skip).trimEnd(), line });
  };
  let start = 0;
  for (const match of sql.matchAll(token)) {
    if (match[0] !== ';') continue;
    add(start, match.index);
    start = match.index + 1;
  }
  add(start, sql.length);
  return statements;
}
