import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { processLog } from '../../../../contracts/process-log.ts';
import { Gateway } from '../../../../embedded/gateway/gateway.ts';
import { declared, environment } from './environment.ts';

const drainLimitMs = 8_000;
const log = processLog({ name: 'kong', level: 'info' });
const place = (listen: string): { host: string; port: number } => {
  const [host = '', port = ''] = listen.split(':');
  return { host, port: Number(port) };
};

const proxy = place(environment.KONG_PROXY_LISTEN);
const gateway = new Gateway({ ...proxy, upstreams: declared.upstreams, keys: declared.keys }, log);
gateway.server.listen(proxy.port, proxy.host);
await once(gateway.server, 'listening');

// Ready means that the configuration is loaded, and so does the proxy's listening here.
const status = createServer((request, response) => {
  response.writeHead(request.url === '/status/ready' || request.url === '/status' ? 200 : 404);
  response.end('{}');
});
const statusPlace = place(environment.KONG_STATUS_LISTEN);
status.listen(statusPlace.port, statusPlace.host);
await once(status, 'listening');

const pids = join(environment.KONG_PREFIX, 'pids');
mkdirSync(pids, { recursive: true });
writeFileSync(join(pids, 'nginx.pid'), `${process.pid}\n`);
log.info({ ...proxy, routes: declared.routes.length }, 'listening');

for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
  process.once(signal, () => {
    log.info({ signal }, 'draining');
    gateway.drain(drainLimitMs).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'draining failed');
        process.exit(1);
      },
    );
  });
}
