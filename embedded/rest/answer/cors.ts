import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';

const exposed =
  'Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit';

/** The answer to a preflight; undefined when the request is none. */
export function preflight(method: string, headers: IncomingHttpHeaders): Answer | undefined {
  if (method !== 'OPTIONS' || headers.origin === undefined || headers['access-control-request-method'] === undefined)
    return undefined;
  const asked = headers['access-control-request-headers'];
  const names = typeof asked === 'string' ? asked.split(',').map((name) => name.trim()) : undefined;
  return {
    status: 200,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD',
      'access-control-max-age': '86400',
      ...(names === undefined
        ? {}
        : {
            'access-control-allow-headers': [
              'Authorization',
              ...names,
              'Accept',
              'Accept-Language',
              'Content-Language',
            ].join(', '),
          }),
    },
    body: '',
  };
}

/** Headers that every answer to another origin carries. */
export const corsHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  headers.origin === undefined ? {} : { 'access-control-allow-origin': '*', 'access-control-expose-headers': exposed };
