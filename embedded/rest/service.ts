import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer/answer.ts';
import { corsHeaders, preflight } from './answer/cors.ts';
import { databaseDown, toRestError } from './answer/database-error.ts';
import { errorAnswer } from './answer/error-answer.ts';
import type { RestConfig } from './config.ts';
import type { BatchRows, Statement } from './db/batch.ts';
import { settingStatements } from './db/settings.ts';
import { type ApiRequest, cookiesText, headersText, readRequest } from './http/api-request.ts';
import type { Identities, Identity } from './jwt/identity.ts';
import { call } from './requests/call.ts';
import { info } from './requests/info.ts';
import { mutate } from './requests/mutate.ts';
import { read } from './requests/read.ts';
import type { SchemaCache, Setting } from './schema/model.ts';
import { identifier } from './sql/text.ts';

export interface RawRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Runs statements as one transaction: what the pool does. */
export type Run = (statements: readonly Statement[]) => Promise<BatchRows>;

/** What the handler of a request works with. */
export interface Context {
  request: ApiRequest;
  body: Buffer;
  cache: SchemaCache;
  config: RestConfig;
  /** Runs the query and what follows under the caller's role; gives the rows of those alone. */
  query: (
    statements: readonly Statement[],
    transaction: { readOnly: boolean; timezone: string | undefined; settings?: readonly Setting[] },
  ) => Promise<BatchRows>;
}

function searchPath(config: RestConfig, schema: string): string {
  return [schema, ...config.extraSearchPath].map(identifier).join(', ');
}

function contextOf(
  config: RestConfig,
  run: Run,
  parts: { request: ApiRequest; body: Buffer; cache: SchemaCache; identity: Identity },
): Context {
  const { request, body, cache, identity } = parts;
  return {
    request,
    body,
    cache,
    config,
    query: async (statements, { readOnly, timezone, settings = [] }) => {
      const before = settingStatements({
        searchPath: searchPath(config, request.schema),
        role: identity.role,
        claims: identity.claims,
        method: request.method,
        path: request.path,
        headers: headersText(request.headers),
        cookies: cookiesText(request.headers.cookie),
        timezone,
        extra: [...(cache.roleSettings.get(identity.role) ?? []), ...settings],
        readOnly,
      });
      const rows = await run([...before, ...statements]);
      return rows.slice(before.length);
    },
  };
}

const handlers = {
  GET: read,
  HEAD: read,
  POST: mutate,
  PUT: mutate,
  PATCH: mutate,
  DELETE: mutate,
  OPTIONS: info,
} as const;

function handle(context: Context): Answer | Promise<Answer> {
  const { method, target } = context.request;
  if (method === 'OPTIONS' || target.kind === 'root') return info(context);
  return target.kind === 'routine' ? call(context) : handlers[method](context);
}

/** Answers requests; never rejects for what a client or the database did. */
export class RestService {
  readonly #config: RestConfig;
  readonly #identities: Identities;
  readonly #cache: () => SchemaCache | undefined;
  readonly #run: Run;

  constructor(parts: {
    config: RestConfig;
    identities: Identities;
    cache: () => SchemaCache | undefined;
    run: Run;
  }) {
    this.#config = parts.config;
    this.#identities = parts.identities;
    this.#cache = parts.cache;
    this.#run = parts.run;
  }

  async answer(raw: RawRequest): Promise<Answer> {
    const early = preflight(raw.method, raw.headers);
    if (early !== undefined) return early;
    const answer = await this.#answer(raw);
    return { ...answer, headers: { ...answer.headers, ...corsHeaders(raw.headers) } };
  }

  async #answer(raw: RawRequest): Promise<Answer> {
    let authenticated = false;
    try {
      const cache = this.#cache();
      if (cache === undefined) throw databaseDown();
      // Remembered tokens are answered without a promise.
      const found = this.#identities.of(raw.headers.authorization);
      const identity = found instanceof Promise ? await found : found;
      authenticated = identity.authenticated;
      const request = readRequest(raw, this.#config.schemas);
      const context = contextOf(this.#config, this.#run, { request, body: raw.body, cache, identity });
      const answer = await handle(context);
      return this.#config.schemas.length > 1 && answer.headers['content-type'] !== undefined
        ? { ...answer, headers: { 'content-profile': request.schema, ...answer.headers } }
        : answer;
    } catch (error) {
      const known = toRestError(error, authenticated);
      if (known === undefined) throw error;
      return errorAnswer(known);
    }
  }
}
