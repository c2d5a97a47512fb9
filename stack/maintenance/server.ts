import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { answerTo, unavailable } from './answer.ts';

export interface MaintenanceOptions {
  host: string;
  port: number;
  retryAfter: number;
  /** So long the port may still be held, e.g. by a gateway that ends. */
  portWaitMs: number;
}

export interface MaintenanceServer {
  port: number;
  /** Ends every connection too. */
  close(): void;
}

const tryAgainMs = 20;
const requestTimeoutMs = 10_000;

/** Resolves when the port is its own and every request on it is answered with 503. */
export async function startMaintenanceServer(options: MaintenanceOptions): Promise<MaintenanceServer> {
  const server = maintenanceServer(options.retryAfter);
  const deadline = performance.now() + options.portWaitMs;
  while (!(await listens(server, options, performance.now() > deadline))) await delay(tryAgainMs);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function maintenanceServer(retryAfter: number): Server {
  const timeouts = { headersTimeout: requestTimeoutMs, requestTimeout: requestTimeoutMs };
  const server = createServer(timeouts, (request, response) => {
    const { status, headers, body } = answerTo(request, retryAfter);
    // Read to its end: who still sends would see a broken connection instead of the answer.
    request.resume();
    response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
  });
  const refuse = (_request: unknown, socket: Duplex): void => {
    socket.on('error', () => socket.destroy()); // it went away; there is nobody to tell
    const { headers, body } = unavailable(retryAfter, 'problem');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 503 Service Unavailable\r\n${lines.join('')}\r\n${body}`);
  };
  return server.on('upgrade', refuse).on('connect', refuse);
}

/** False when somebody else has the port, unless that is the last word. */
const listens = (server: Server, { host, port }: MaintenanceOptions, isLast: boolean): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE' && !isLast) resolve(false);
      else reject(error);
    };
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      resolve(true);
    });
  });
