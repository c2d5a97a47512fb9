import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { WebSocketServer } from 'ws';

export interface Arrived {
  upstream: string;
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A backend that remembers what reached it and says so: over HTTP as JSON, over WebSocket by echoing. */
export class EchoUpstream {
  readonly arrived: Arrived[] = [];
  readonly #name: string;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });

  constructor(name: string) {
    this.#name = name;
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        this.arrived.push(this.#note(request.method, request.url, request.headers, body));
        response.writeHead(200, {
          'content-type': 'application/json',
          'access-control-allow-origin': 'https://only.example.com',
          'access-control-allow-credentials': 'true',
          'x-from-upstream': this.#name,
        });
        response.end(JSON.stringify(this.arrived.at(-1)));
      });
    });
    this.#server.on('upgrade', (request, socket, head) => {
      this.arrived.push(this.#note(request.method, request.url, request.headers, ''));
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }));
      });
    });
  }

  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
      });
    });
  }

  close(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #note(method: string | undefined, url: string | undefined, headers: IncomingHttpHeaders, body: string): Arrived {
    return { upstream: this.#name, method: method ?? '', url: url ?? '', headers, body };
  }
}
