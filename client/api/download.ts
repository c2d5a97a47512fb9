import { apiErrorOf, unreachable } from './api-error.ts';
import type { HttpOptions } from './http.ts';

/** The body of a GET as it comes. A broken connection is an error of the stream. */
export async function download(
  options: HttpOptions,
  path: string,
  signal?: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const url = `${options.url.replace(/\/+$/, '')}/api/v1${path}`;
  const send = async (): Promise<Response> => {
    const bearer = await options.credentials?.bearer();
    const headers: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    if (options.userAgent !== undefined) headers['user-agent'] = options.userAgent;
    try {
      return await (options.fetch ?? fetch)(url, { headers, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw unreachable(url, error, options.tenant);
    }
  };
  let response = await send();
  if (response.status === 401 && (await options.credentials?.renew()) === true) response = await send();
  if (response.ok && response.body !== null) return response.body;
  const body: unknown = await response.json().catch(() => undefined); // not JSON: the status says enough
  throw apiErrorOf(response.status, body, url, options.tenant);
}
