import { localUrl } from '../../local-url.ts';
import type { Stack } from '../../stack.ts';

const limitMs = 5_000;

/** The cheapest request that goes through gateway, REST and database. */
export const asks = (url: string, apiKey: string, bearer?: string): Promise<Response> =>
  fetch(`${url}/rest/v1/rpc/platform_schema`, {
    method: 'POST',
    headers: {
      apikey: apiKey,
      'content-type': 'application/json',
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    body: '{}',
    signal: AbortSignal.timeout(limitMs),
  });

export const gatewayOf = ({ settings }: Stack): string => localUrl(settings);

export const asksAuth = (url: string, path: string, apiKey: string, bearer?: string): Promise<Response> =>
  fetch(`${url}/auth/v1/${path}`, {
    headers: { apikey: apiKey, ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) },
    signal: AbortSignal.timeout(limitMs),
  });
