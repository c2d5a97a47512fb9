import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { freePort } from '../../support/free-port.ts';
import { answer } from './peer-answers.ts';
import { selfSigned } from './self-signed.ts';

/** A request as it arrived. */
export interface Seen {
  request: string;
  headers: [string, string][];
  body: string;
}

/** The server that the recordings talked to, built again: the recorded ports lead to ports of this run. */
export interface Peer {
  seen: Seen[];
  /** Recorded addresses in a text become this run's. */
  translate(text: string): string;
  /** And back. */
  restore(text: string): string;
  close(): Promise<void>;
}

export async function startPeer(): Promise<Peer> {
  const seen: Seen[] = [];
  const sockets = new Set<net.Socket>();
  const track = <S extends net.Server>(server: S): S => {
    server.on('connection', (socket: net.Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined);
    });
    return server;
  };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      seen.push({
        request: `${request.method} ${request.url} HTTP/${request.httpVersion}`,
        headers: pairs(request.rawHeaders),
        body: body.toString('utf8'),
      });
      answer(request, response, body);
    });
  };
  const plain = track(http.createServer({ keepAliveTimeout: 30_000, maxHeaderSize: 65_536 }, handle));
  // The recorded peer kept a connection open that spoke TLS to the plain port.
  plain.on('clientError', () => undefined);
  const servers: Record<number, net.Server> = {
    5561: plain,
    5562: track(https.createServer(selfSigned, handle)),
    5563: track(net.createServer()),
    5564: track(net.createServer((socket) => socket.once('data', () => socket.end('what is this?\r\n\r\n')))),
  };
  const ports = new Map<number, number>([[5599, await freePort()]]);
  for (const [recorded, server] of Object.entries(servers)) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.set(Number(recorded), (server.address() as AddressInfo).port);
  }
  const swap = (text: string, from: number, to: number): string => text.replaceAll(`:${from}`, `:${to}`);
  return {
    seen,
    translate: (text) => [...ports].reduce((current, [recorded, port]) => swap(current, recorded, port), text),
    restore: (text) => [...ports].reduce((current, [recorded, port]) => swap(current, port, recorded), text),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(Object.values(servers).map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

const pairs = (raw: string[]): [string, string][] =>
  raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] satisfies [string, string]] : []));
