import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Answer {
  status: number;
  /** An object is sent as JSON, a string as text. */
  body?: Record<string, unknown> | string;
  contentType?: string;
}

export class BodyTooLarge extends Error {}

/** Reads a request's body up to a limit; throws BodyTooLarge, after which the connection is not used again. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const part: Buffer = chunk;
    size += part.length;
    if (size > limitBytes) throw new BodyTooLarge();
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

export function send(response: ServerResponse, { status, body, contentType }: Answer): void {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  const type = contentType ?? (typeof body === 'object' ? 'application/json; charset=utf-8' : undefined);
  response.writeHead(status, {
    'cache-control': 'max-age=0, private, must-revalidate',
    'content-length': Buffer.byteLength(text),
    ...(type === undefined ? {} : { 'content-type': type }),
  });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

export const notFound: Answer = { status: 404, body: 'Not Found', contentType: 'text/html; charset=utf-8' };

/** The token of a request: `Authorization: Bearer`, else the `apikey` header. */
export function tokenOf(request: IncomingMessage): string | undefined {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const key = request.headers.apikey ?? request.headers['x-api-key'];
  return bearer ?? (typeof key === 'string' ? key : undefined);
}

/** Headers that policies may read through `request.headers`. Credentials are left out: they are in the claims. */
export function policyHeaders(request: IncomingMessage): Record<string, string> {
  const hidden = new Set(['authorization', 'apikey', 'x-api-key', 'cookie', 'sec-websocket-key']);
  return Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === 'string' && !hidden.has(name) ? [[name, value]] : [],
    ),
  );
}

/** Whether a Host header names this tenant: its first label, or the bare address of the engine itself. */
export function isTenantHost(host: string | undefined, tenant: string): boolean {
  const name = (host ?? '').replace(/:\d+$/, '');
  return /^(\d{1,3}\.){3}\d{1,3}$|^\[.*\]$/.test(name) || (name.includes('.') && name.split('.')[0] === tenant);
}
