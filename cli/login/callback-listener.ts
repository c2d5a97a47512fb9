import { createServer, type ServerResponse } from 'node:http';
import { callbackHeaders, callbackPage } from './callback-page.ts';

/** The one answer of the browser, held until the login is through. */
export interface Callback {
  query: URLSearchParams;
  /** Tells the person in the browser how it ended. */
  answer(title: string, text: string): Promise<void>;
}

export interface CallbackListener {
  redirectUri: string;
  /** The browser's answer; rejects when the signal is aborted first. Nothing listens any more after it. */
  callback(signal: AbortSignal): Promise<Callback>;
  close(): Promise<void>;
}

/** Listens on a free port of this machine alone, for one request of one path. */
export async function listenForCallback(): Promise<CallbackListener> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listener has no port');
  const host = `127.0.0.1:${address.port}`;
  const first = Promise.withResolvers<Callback>();
  // Whoever stops waiting before it comes is not told that it failed.
  first.promise.catch(() => undefined);
  let taken = false;
  server.on('request', (request, response) => {
    const url = URL.parse(request.url ?? '', `http://${host}`);
    // By another name than its address it was called from a page of somebody else's.
    const ours = request.method === 'GET' && request.headers.host === host && url?.pathname === '/callback';
    if (!ours || taken) {
      response.writeHead(404, { connection: 'close' }).end();
      return;
    }
    taken = true;
    server.close();
    first.resolve({ query: url.searchParams, answer: (title, text) => send(response, title, text) });
  });
  return {
    redirectUri: `http://${host}/callback`,
    callback(signal) {
      const stop = (): void => first.reject(signal.reason);
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      return first.promise.finally(() => signal.removeEventListener('abort', stop));
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const send = (response: ServerResponse, title: string, text: string): Promise<void> =>
  new Promise((resolve) => {
    // Sent, or the browser has gone: either way there is nobody else to tell.
    response.once('close', resolve);
    response.writeHead(200, callbackHeaders).end(callbackPage(title, text));
  });
