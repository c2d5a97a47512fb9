import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';
import type { Credentials } from '../auth/credentials.ts';
import { ApiError, apiErrorOf, isPassing, unreachable } from './api-error.ts';

interface HttpRequest<Answer> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  /** Below `/api/v1`, with its leading slash. */
  path: string;
  /** A list is sent as one parameter each. */
  query?: Record<string, string | number | readonly string[] | undefined>;
  body?: unknown;
  answer: z.ZodType<Answer>;
  /** The request makes something: it carries an `Idempotency-Key`, a fresh one unless the caller keeps its own. */
  creates?: { idempotencyKey?: string | undefined };
  /** The request changes this version and no other: sent as `If-Match`. */
  version?: number;
  headers?: Readonly<Record<string, string>>;
  /** Statuses beside 2xx that carry the answer too. */
  accepts?: readonly number[];
  signal?: AbortSignal | undefined;
}

export interface HttpOptions {
  url: string;
  credentials?: Credentials | undefined;
  /** The stack's name, for the commands that an error suggests. */
  tenant?: string | undefined;
  /** Milliseconds for one try, 15,000 unless told. */
  timeoutMs?: number;
  /** Says who is calling, e.g. `sfp-cli/0.1.0`. */
  userAgent?: string;
  fetch?: typeof fetch;
}

export type Http = <Answer>(request: HttpRequest<Answer>) => Promise<Answer>;

// Only GET is tried again: whatever else failed may have happened.
const retryDelaysMs = [150, 600, 1_500];

/**
 * Sends requests to the API and reads the answers with their schema. A 401 renews the credentials once: the refused
 * request did nothing, so that is safe for every method.
 */
export function createHttp(options: HttpOptions): Http {
  const send = options.fetch ?? fetch;
  const timeoutMs = options.timeoutMs ?? 15_000;

  const once = async <Answer>(request: HttpRequest<Answer>, key: string | undefined): Promise<Answer> => {
    const url = urlOf(options.url, request);
    const bearer = await options.credentials?.bearer();
    const response = await answerOf(
      () => send(url, init(request, { bearer, key, timeoutMs, ...options })),
      (cause) => unreachable(url, cause, options.tenant),
      request,
    );
    const body = await bodyOf(response, (cause) => unreachable(url, cause, options.tenant));
    if (!response.ok && request.accepts?.includes(response.status) !== true)
      throw apiErrorOf(response.status, body, url, options.tenant);
    return read(request, body, url);
  };

  const authorised = async <Answer>(request: HttpRequest<Answer>, key: string | undefined): Promise<Answer> => {
    try {
      return await once(request, key);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401 || (await options.credentials?.renew()) !== true)
        throw error;
      return await once(request, key);
    }
  };

  return async (request) => {
    const key = request.creates === undefined ? undefined : (request.creates.idempotencyKey ?? randomUUID());
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await authorised(request, key);
      } catch (error) {
        const wait = retryDelaysMs[attempt];
        if (request.method !== 'GET' || wait === undefined || !isPassing(error)) throw error;
        await delay(wait * (0.75 + Math.random() / 2), undefined, request.signal ? { signal: request.signal } : {});
      }
    }
  };
}

function urlOf(base: string, { path, query = {} }: HttpRequest<unknown>): string {
  const url = new URL(`${base.replace(/\/+$/, '')}/api/v1${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (typeof value === 'object') for (const each of value) url.searchParams.append(name, each);
    else if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}

interface Sending {
  bearer: string | undefined;
  key: string | undefined;
  timeoutMs: number;
  userAgent?: string;
}

function init(request: HttpRequest<unknown>, { bearer, key, timeoutMs, userAgent }: Sending): RequestInit {
  const limit = AbortSignal.timeout(timeoutMs);
  return {
    method: request.method,
    headers: {
      accept: 'application/json, application/problem+json',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...request.headers,
      ...(request.version === undefined ? {} : { 'if-match': `"${request.version}"` }),
      ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    signal: request.signal === undefined ? limit : AbortSignal.any([request.signal, limit]),
  };
}

async function answerOf(
  send: () => Promise<Response>,
  failure: (cause: unknown) => SfpError,
  { signal }: HttpRequest<unknown>,
): Promise<Response> {
  try {
    return await send();
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw failure(error);
  }
}

async function bodyOf(response: Response, failure: (cause: unknown) => SfpError): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw failure(error);
  }
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined; // not JSON: the status or the schema says so
  }
}

function read<Answer>(request: HttpRequest<Answer>, body: unknown, url: string): Answer {
  const parsed = request.answer.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new SfpError(
    {
      code: 'unexpected_answer',
      message: 'The server answered something this version does not understand.',
      detail: `${request.method} ${url}: ${issue === undefined ? '' : `${issue.path.join('.')}: ${issue.message}`}`,
      suggestion: 'Client and server may be too far apart. Compare: sfp --version and the server’s /api/v1/version',
    },
    { cause: parsed.error },
  );
}
