/** How the text of a type becomes JSON. */
export type Shape =
  | { kind: 'text' | 'bool' | 'number' | 'json' | 'bytea' | 'timestamp' }
  | { kind: 'array'; element: Shape };

const finite = /^-?\d/;

/** JSON text of a value that Postgres wrote as text. */
export function renderValue(shape: Shape, text: string | null): string {
  if (text === null) return 'null';
  switch (shape.kind) {
    case 'bool':
      return text === 't' || text === 'true' ? 'true' : 'false';
    case 'number':
      // NaN and the infinities have no JSON form; the recorded server writes null too.
      return finite.test(text) ? text : 'null';
    case 'json':
      return text;
    case 'bytea':
      return JSON.stringify(text.startsWith('\\x') ? text.slice(2) : text);
    case 'timestamp':
      return JSON.stringify(isoTimestamp(text));
    case 'array':
      return renderArray(shape.element, text);
    case 'text':
      return JSON.stringify(text);
  }
}

/** `2026-02-28 10:00:00.123456+00` → `2026-02-28T10:00:00.123456+00:00`; `infinity` and years BC stay as they are. */
function isoTimestamp(text: string): string {
  const match = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)?(:\d\d)?$/.exec(text);
  if (match === null) return text;
  const [, date = '', time = '', hours, minutes = ':00'] = match;
  return hours === undefined ? `${date}T${time}` : `${date}T${time}${hours}${minutes}`;
}

function renderArray(element: Shape, text: string): string {
  // `[2:3]={..}`: bounds are not part of the JSON form.
  const start = text.indexOf('{');
  const parser = { text, at: start };
  return start < 0 ? JSON.stringify(text) : parseArray(parser, element);
}

function parseArray(parser: { text: string; at: number }, element: Shape): string {
  const { text } = parser;
  const items: string[] = [];
  parser.at += 1;
  while (parser.at < text.length && text[parser.at] !== '}') {
    const next = text[parser.at];
    if (next === ',') parser.at += 1;
    else if (next === '{') items.push(parseArray(parser, element));
    else if (next === '"') items.push(renderValue(element, parseQuoted(parser)));
    else {
      const word = /[^,}]*/y;
      word.lastIndex = parser.at;
      const bare = word.exec(text)?.[0] ?? '';
      parser.at += bare.length;
      items.push(renderValue(element, bare === 'NULL' ? null : bare));
    }
  }
  parser.at += 1;
  return `[${items.join(', ')}]`;
}

function parseQuoted(parser: { text: string; at: number }): string {
  const { text } = parser;
  let value = '';
  parser.at += 1;
  while (parser.at < text.length && text[parser.at] !== '"') {
    if (text[parser.at] === '\\') parser.at += 1;
    value += text[parser.at] ?? '';
    parser.at += 1;
  }
  parser.at += 1;
  return value;
}
