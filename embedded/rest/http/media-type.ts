import { RestError } from '../rest-error.ts';

/** How the rows are rendered. */
export interface MediaType {
  kind: 'json' | 'object' | 'array' | 'csv' | 'geojson';
  stripNulls: boolean;
  /** What `Content-Type` says. */
  contentType: string;
}

const utf8 = '; charset=utf-8';
const json: MediaType = { kind: 'json', stripNulls: false, contentType: `application/json${utf8}` };
const csv: MediaType = { kind: 'csv', stripNulls: false, contentType: `text/csv${utf8}` };
const geojson: MediaType = { kind: 'geojson', stripNulls: false, contentType: `application/geo+json${utf8}` };

const vendored = (kind: 'object' | 'array', stripNulls: boolean): MediaType => ({
  kind,
  stripNulls,
  contentType: `application/vnd.pgrst.${kind}+json${stripNulls ? ';nulls=stripped' : ''}${utf8}`,
});

interface Accepted {
  name: string;
  parameters: Map<string, string>;
  quality: number;
  text: string;
}

function parseAccept(header: string): Accepted[] {
  const parts = header.split(',').map((part) => part.trim());
  return parts
    .map((text) => {
      const [name = '', ...rest] = text.split(';').map((piece) => piece.trim());
      const parameters = new Map(
        rest.map((piece) => {
          const equals = piece.indexOf('=');
          return [piece.slice(0, equals).toLowerCase(), piece.slice(equals + 1)] as const;
        }),
      );
      return { name: name.toLowerCase(), parameters, quality: Number(parameters.get('q') ?? 1), text };
    })
    .toSorted((a, b) => b.quality - a.quality);
}

function match({ name, parameters }: Accepted): MediaType | undefined {
  const strip = parameters.get('nulls') === 'stripped';
  switch (name) {
    case '*/*':
    case 'application/json':
    case 'application/*':
      return json;
    case 'application/vnd.pgrst.object':
    case 'application/vnd.pgrst.object+json':
      return vendored('object', strip);
    case 'application/vnd.pgrst.array':
    case 'application/vnd.pgrst.array+json':
      return strip ? vendored('array', true) : json;
    case 'text/csv':
      return csv;
    case 'application/geo+json':
      return geojson;
    default:
      return undefined;
  }
}

// PostgREST names a plan by its normal form, whatever was asked for.
function shown({ name, parameters, text }: Accepted): string {
  const plan = /^application\/vnd\.pgrst\.plan(\+text|\+json)?$/.exec(name);
  if (plan === null) return text;
  const target = parameters.get('for') ?? '"application/json"';
  const options = parameters.get('options');
  return `application/vnd.pgrst.plan${plan[1] ?? '+text'}; for=${target}${options === undefined || options === '' ? '' : `; options=${options}`}`;
}

const notAcceptable = (accepted: readonly Accepted[]): RestError =>
  new RestError({
    status: 406,
    code: 'PGRST107',
    message: `None of these media types are available: ${accepted.map(shown).join(', ')}`,
  });

/** The first acceptable media type, by quality; refuses with 406 when there is none. */
export function negotiate(accept: string | undefined): MediaType {
  if (accept === undefined || accept === '*/*') return json;
  const accepted = parseAccept(accept);
  for (const one of accepted) {
    const found = match(one);
    if (found !== undefined) return found;
  }
  throw notAcceptable(accepted);
}

const documentTypes = ['application/openapi+json', 'application/json', '*/*'];
/** The root is there as a description in JSON only. */
export function negotiateDocument(accept: string | undefined): void {
  const accepted = parseAccept(accept ?? '*/*');
  if (!accepted.some(({ name }) => documentTypes.includes(name))) throw notAcceptable(accepted);
}
