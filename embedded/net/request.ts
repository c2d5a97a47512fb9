import { z } from 'zod';

/** A claimed row of `net.http_request_queue`; headers as text pairs in jsonb's order, null for NULL or a non-object. */
export const queuedRequestSchema = z.object({
  id: z.string(),
  method: z.string().transform((method) => method.toUpperCase()),
  url: z.string(),
  headers: z.array(z.tuple([z.string(), z.string().nullable()])).nullable(),
  headers_valid: z.boolean(),
  body: z.instanceof(Buffer).nullable(),
  timeout_milliseconds: z.number(),
});
export type QueuedRequest = z.infer<typeof queuedRequestSchema>;

const userAgent = 'pg_net/0.20.4';

/** What one exchange of a chain of redirects sends. */
export interface Message {
  method: string;
  headers: [string, string | string[]][];
  body: Buffer | null;
}

export interface MessageInput {
  request: QueuedRequest;
  method: string;
  body: Buffer | null;
  host: string;
  basicAuth: string | undefined;
  /** True once a redirect has left the first origin: credentials stay behind, as with libcurl. */
  foreign: boolean;
}

/**
 * The headers in libcurl's order: Host, credentials, Accept, the caller's own, User-Agent, and what describes the body. An
 * own Host or Accept replaces the built-in one, an empty one removes it, an own User-Agent is sent beside ours.
 */
export function buildMessage({ request, method, body, host, basicAuth, foreign }: MessageInput): Message {
  const own = (request.headers ?? []).filter(([name]) => !(foreign && /^(authorization|cookie)$/i.test(name)));
  const has = (name: string): boolean => own.some(([ownName]) => ownName.toLowerCase() === name);
  const ownValue = (name: string): string | null | undefined =>
    own.find(([ownName]) => ownName.toLowerCase() === name)?.[1];
  const headers = new Map<string, [string, string | string[]]>();
  const put = (name: string, value: string): void => {
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? [name, value] : [name, [before[1], value].flat()]);
  };

  put('Host', ownValue('host') || host);
  if (basicAuth !== undefined && !has('authorization') && !foreign) put('Authorization', basicAuth);
  if (!has('accept')) put('Accept', '*/*');
  for (const [name, value] of own) {
    if (value !== null && value !== '' && name.toLowerCase() !== 'host') put(name, value);
  }
  put('User-Agent', userAgent);
  if (body !== null || method === 'POST') put('Content-Length', String(body?.length ?? 0));
  if (body !== null && !has('content-type')) put('Content-Type', 'application/x-www-form-urlencoded');
  return { method, headers: [...headers.values()], body };
}
