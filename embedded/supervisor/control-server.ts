import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { type ControlRequest, controlRequestSchema } from './control-protocol.ts';

export interface ControlServer {
  close(): void;
}

/** A request may hand over what secrets a provider supplies. */
const requestLimitBytes = 65_536;
const requestTimeoutMs = 5_000;

/** Listens on the socket, which only this user may use. A file left by an earlier supervisor is replaced. */
export function startControlServer(
  path: string,
  log: Logger,
  answer: (request: ControlRequest) => Promise<unknown>,
): Promise<ControlServer> {
  rmSync(path, { force: true });
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', (error) => log.debug({ err: error }, 'control connection'));
    socket.setTimeout(requestTimeoutMs, () => socket.destroy());
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.length > requestLimitBytes) socket.destroy();
      if (!text.includes('\n')) return;
      socket.removeAllListeners('data').resume();
      const request = parse(text);
      // Who asked may wait as long as the answer takes, e.g. for a worker that drains.
      socket.setTimeout(0);
      void (request === null ? Promise.resolve({ error: 'unknown request' }) : answer(request)).then(
        (result) => socket.end(`${JSON.stringify(result)}\n`),
        (error: unknown) => {
          log.error({ err: error }, 'control request');
          socket.destroy();
        },
      );
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve({
        close: () => {
          server.close();
          for (const socket of sockets) socket.destroy();
        },
      });
    });
  });
}

function parse(text: string): ControlRequest | null {
  try {
    return controlRequestSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
