/** Parameters of a query string in their order; `undefined` marks one without `=`. */
export type Parameters = readonly (readonly [name: string, value: string | undefined])[];

/** Percent signs that start no escape stay as they are. Throws RangeError for bytes that are no UTF-8. */
function decode(text: string): string {
  if (!text.includes('%')) return text.replaceAll('+', ' ');
  const spaced = text.replaceAll('+', ' ').replace(/%(?![0-9A-Fa-f]{2})/g, '%25');
  return decodeURIComponent(spaced);
}

/** `&` and `;` both separate, as in PostgREST. Throws URIError for escapes that are no UTF-8. */
export function parseQueryString(text: string): Parameters {
  if (text === '') return [];
  const parts = text.split(/[&;]/);
  if (parts.at(-1) === '') parts.pop();
  return parts.map((part) => {
    const equals = part.indexOf('=');
    return equals < 0 ? [decode(part), undefined] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
  });
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** Sorted by name, values of one name joined by a comma: what `Content-Location` shows. */
export function canonicalQuery(parameters: Parameters): string {
  const byName = new Map<string, string[]>();
  for (const [name, value] of parameters.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
    byName.set(name, [...(byName.get(name) ?? []), encode(value ?? '')]);
  return [...byName].map(([name, values]) => `${encode(name)}=${values.join(',')}`).join('&');
}
