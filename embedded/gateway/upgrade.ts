import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Admitted } from './admission.ts';
import { upstreamHeaders } from './headers.ts';
import { refusals, refuseUpgrade } from './refusal.ts';

export interface Upgrading {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  admitted: Admitted;
  upstream: URL;
  requestId: string;
  log: Logger;
  /** Called with both ends once they are joined. */
  joined: (client: Duplex, server: Duplex) => void;
}

const handshakeMs = 20_000;

/**
 * Joins a WebSocket: the handshake goes on as it is, then bytes pass both ways. A side that reads slowly slows the other
 * (pipe), a side that ends ends the other, and an error on one destroys both.
 */
export function forwardUpgrade(upgrading: Upgrading): void {
  const { request, socket, head, admitted, upstream, requestId, log, joined } = upgrading;
  const outgoing = httpRequest({
    agent: false,
    host: upstream.hostname,
    port: upstream.port,
    method: 'GET',
    path: admitted.target,
    headers: {
      ...upstreamHeaders(request, admitted, requestId, upstream),
      connection: 'Upgrade',
      upgrade: 'websocket',
    },
    timeout: handshakeMs,
  });
  const abandon = (): void => {
    outgoing.destroy();
  };
  socket.once('close', abandon);
  // A caller that breaks off shows as an error first; its close ends the handshake.
  const quiet = (error: Error): void => log.debug({ err: error, requestId }, 'caller broke off');
  socket.on('error', quiet);

  outgoing.once('upgrade', (answer, server, serverHead) => {
    socket.off('close', abandon);
    socket.write(headOf(answer));
    if (serverHead.length > 0) socket.write(serverHead);
    if (head.length > 0) server.write(head);
    join(socket, server);
    joined(socket, server);
  });
  outgoing.once('response', (answer) => {
    // The upstream said no: its answer is the caller's, and this connection is used for nothing else.
    socket.write(headOf(answer, { connection: 'close' }));
    answer.pipe(socket);
  });
  outgoing.once('timeout', () => outgoing.destroy(new Error('no handshake from the upstream')));
  outgoing.on('error', (error) => {
    if (socket.destroyed) return;
    log.warn({ err: error, route: admitted.route.name, requestId }, 'upstream refused a WebSocket');
    refuseUpgrade(socket, refusals.away, requestId);
  });
  outgoing.end();
}

function join(client: Duplex, server: Duplex): void {
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    // What was written still goes out; nobody is left to read an answer.
    from.once('close', () => to.end(() => to.destroy()));
  }
}

function headOf(answer: IncomingMessage, extra: Record<string, string> = {}): string {
  const lines: string[] = [];
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
    const name = answer.rawHeaders[index] ?? '';
    if (extra[name.toLowerCase()] === undefined && name.toLowerCase() !== 'transfer-encoding')
      lines.push(`${name}: ${answer.rawHeaders[index + 1] ?? ''}`);
  }
  for (const [name, value] of Object.entries(extra)) lines.push(`${name}: ${value}`);
  return `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines.join('\r\n')}\r\n\r\n`;
}
