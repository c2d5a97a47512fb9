/** What is wrong with a JSON text that is to be stored, in the wire's words; undefined when it is fine. */
export function jsonTextProblem(text: string, field: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return `invalid json in field \`${field}\``;
  }
  return hasNulCharacter(text)
    ? `encoded jsonb contains invalid null character \\u0000 in field \`${field}\``
    : undefined;
}

/** A NUL escape that is really one: an even number of backslashes before it. Postgres cannot store it. */
const hasNulCharacter = (text: string): boolean => /(?<!\\)(?:\\\\)*\\u0000/.test(text);

/** JSON text of an object as it is; anything else (and nothing at all) reaches the task as null. */
export const objectOrNull = (text: string): string => (text.trimStart().startsWith('{') ? text : 'null');

/** One object from plain fields and fields that already are JSON text. */
export function spliceJson(fields: Record<string, unknown>, raw: Record<string, string>): string {
  const head = JSON.stringify(fields).slice(1, -1);
  const tail = Object.entries(raw)
    .map(([name, text]) => `${JSON.stringify(name)}:${text}`)
    .join(',');
  return `{${[head, tail].filter((part) => part !== '').join(',')}}`;
}
