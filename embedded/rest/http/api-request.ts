import type { IncomingHttpHeaders } from 'node:http';
import { canonicalQuery, type Parameters, parseQueryString } from '../query/query-string.ts';
import { RestError } from '../rest-error.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
type Method = (typeof methods)[number];
type Target = { kind: 'root' } | { kind: 'relation'; name: string } | { kind: 'routine'; name: string };

/** A request as far as it can be understood without the schema. */
export interface ApiRequest {
  method: Method;
  target: Target;
  /** Decoded, as SQL and `Content-Location` see it. */
  path: string;
  parameters: Parameters;
  schema: string;
  headers: IncomingHttpHeaders;
}

const isMethod = (text: string): text is Method => methods.some((method) => method === text);
export const unsupportedMethod = (method: string): RestError =>
  new RestError({ status: 405, code: 'PGRST117', message: `Unsupported HTTP method: ${method}` });

function parseTarget(path: string): Target {
  const [, first = '', second, ...more] = path.split('/');
  if (more.length === 0 && second === undefined)
    return first === '' ? { kind: 'root' } : { kind: 'relation', name: first };
  if (more.length === 0 && first === 'rpc' && second !== undefined) return { kind: 'routine', name: second };
  throw new RestError({ status: 404, code: 'PGRST125', message: 'Invalid path specified in request URL' });
}

function decodeUrl(url: string): { path: string; parameters: Parameters } {
  const mark = url.indexOf('?');
  try {
    return {
      path: decodeURIComponent(mark < 0 ? url : url.slice(0, mark)),
      parameters: mark < 0 ? [] : parseQueryString(url.slice(mark + 1)),
    };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new RestError({
      status: 400,
      code: 'PGRST100',
      message: 'The URL is not valid UTF-8',
      details: 'A percent-encoded byte sequence is not UTF-8',
    });
  }
}

const writing = new Set<Method>(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Understands method, path and schema; refuses what no database could answer. */
export function readRequest(
  raw: { method: string; url: string; headers: IncomingHttpHeaders },
  schemas: readonly [string, ...string[]],
): ApiRequest {
  const { path, parameters } = decodeUrl(raw.url);
  const target = parseTarget(path);
  const { method, headers } = raw;
  if (!isMethod(method)) throw unsupportedMethod(method);
  if (target.kind === 'root' && writing.has(method)) throw unsupportedMethod(method);
  if (target.kind === 'routine' && ['PUT', 'PATCH', 'DELETE'].includes(method))
    throw new RestError({ status: 405, code: 'PGRST101', message: `Cannot use the ${method} method on RPC` });
  const profile = headers[writing.has(method) ? 'content-profile' : 'accept-profile'];
  const schema = typeof profile === 'string' ? profile : schemas[0];
  if (!schemas.includes(schema))
    throw new RestError({
      status: 406,
      code: 'PGRST106',
      message: `Invalid schema: ${schema}`,
      hint: `Only the following schemas are exposed: ${schemas.join(', ')}`,
    });
  return { method, target, path, parameters, schema, headers };
}

/** `Content-Location` of a read. */
export const contentLocation = ({ path, parameters }: ApiRequest): string =>
  encodeURI(path) + (parameters.length === 0 ? '' : `?${canonicalQuery(parameters)}`);

/** `request.headers` for SQL: every header but cookies. */
export function headersText(headers: IncomingHttpHeaders): string {
  const { cookie: _cookie, ...rest } = headers;
  return JSON.stringify(rest);
}

/** `request.cookies` for SQL. */
export function cookiesText(header: string | undefined): string {
  const pairs = (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.includes('='))
    .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const);
  return JSON.stringify(Object.fromEntries(pairs));
}
