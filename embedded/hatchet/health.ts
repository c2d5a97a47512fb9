import { createServer, type Server } from 'node:http';
import { engineVersion } from './version.ts';

/** Answers /live, /ready and /version, as the image's health server does. */
export function healthServer(isReady: () => Promise<boolean>): Server {
  return createServer((request, response) => {
    if (request.url === '/version') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ version: engineVersion }));
    } else if (request.url === '/live') response.end();
    else if (request.url === '/ready') {
      isReady().then(
        (ready) => response.writeHead(ready ? 200 : 503).end(),
        () => response.writeHead(503).end(),
      );
    } else response.writeHead(404).end();
  });
}
