import { UsageError } from '../usage-error.ts';

/** True for what a server can be reached at. `localhost:8000` is not: a URL parser takes `localhost` for the scheme. */
export const isServerUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/** The origin of the server that was named; `example` is what to call otherwise. */
export function originOf(url: string | undefined, example: string): string {
  if (url === undefined) throw new UsageError('Which server?', `Name it: ${example}`);
  if (isServerUrl(url)) return new URL(url).origin;
  throw new UsageError(`${url} is not the URL of a server.`, 'It begins with https:// (or http:// on this machine).');
}
