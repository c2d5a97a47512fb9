import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { z } from 'zod';
import { databaseProblem } from '../http/database-problem.ts';

export type Database = SupabaseClient;

/** Where a request came from, for the audit log. */
export interface RequestSource {
  requestId: string;
  address: string | undefined;
  userAgent: string | undefined;
}

const options = { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } as const;
// A request that REST does not answer in this time ends as 503; longer than any statement_timeout of the API roles.
const timeoutMs = 15_000;

const limitedFetch: typeof fetch = (input, init) =>
  fetch(input, {
    ...init,
    signal: init?.signal
      ? AbortSignal.any([init.signal, AbortSignal.timeout(timeoutMs)])
      : AbortSignal.timeout(timeoutMs),
  });

export interface Databases {
  /** With the caller's token: RLS decides. */
  as(token: string, source: RequestSource): Database;
  /** service_role: dispatcher, token exchange, idempotency, health. */
  service: Database;
  /** The publishable key: what an anonymous client may do. */
  anonymous(): Database;
  /** For sign-ins: the secret key, so that auth counts tries by the address of who asks and not by this server's. */
  onBehalfOf(source: Pick<RequestSource, 'address'>): Database;
}

export function createDatabases({
  url,
  publishableKey,
  secretKey,
}: {
  url: string;
  publishableKey: string;
  secretKey: string;
}): Databases {
  const anonymous = (): Database =>
    createClient(url, publishableKey, { auth: options, global: { fetch: limitedFetch } });
  return {
    as: (token, source) =>
      createClient(url, publishableKey, {
        accessToken: async () => token,
        global: {
          fetch: limitedFetch,
          headers: {
            'x-request-id': source.requestId,
            ...(source.address === undefined ? {} : { 'x-forwarded-for': source.address }),
            ...(source.userAgent === undefined ? {} : { 'user-agent': source.userAgent }),
          },
        },
      }),
    service: createClient(url, secretKey, { auth: options, global: { fetch: limitedFetch } }),
    anonymous,
    onBehalfOf: ({ address }) =>
      createClient(url, secretKey, {
        auth: options,
        global: { fetch: limitedFetch, headers: address === undefined ? {} : { 'x-forwarded-for': address } },
      }),
  };
}

interface Answer {
  data: unknown;
  error: unknown;
  status: number;
}

/** Waits for a query and parses its rows, or throws the problem that answers the caller. */
export async function fetchRows<Schema extends z.ZodType>(
  query: PromiseLike<Answer>,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { data, error, status } = await query;
  if (error !== null) throw databaseProblem(error, status);
  return schema.parse(data);
}
