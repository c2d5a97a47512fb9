import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemSchema } from '../../contracts/error.ts';
import { freePort } from '../../test/support/free-port.ts';
import { waitFor } from '../../test/support/wait.ts';
import { lockHolder } from '../lock.ts';
import { type MaintenanceServer, startMaintenanceServer } from './server.ts';

describe('the maintenance answer', () => {
  let server: MaintenanceServer;
  let url: string;
  beforeEach(async () => {
    server = await startMaintenanceServer({ host: '127.0.0.1', port: 0, retryAfter: 7, portWaitMs: 0 });
    url = `http://127.0.0.1:${server.port}`;
  });
  afterEach(() => server.close());

  it.each([
    ['GET', '/'],
    ['GET', '/rest/v1/projects?select=*'],
    ['POST', '/auth/v1/token?grant_type=password'],
    ['DELETE', '/api/v1/projects/1'],
    ['OPTIONS', '/api/v1/projects'],
  ])('is a problem document for %s %s', async (method, path) => {
    const body = method === 'POST' ? 'x'.repeat(3_000_000) : null;
    const response = await fetch(url + path, { method, body, headers: { origin: 'https://app.example' } });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const problem = problemSchema.parse(await response.json());
    expect(problem).toMatchObject({ code: 'maintenance', status: 503, suggestion: 'Try again in 7 seconds.' });
    expect(response.headers.get('x-request-id')).toBe(problem.requestId);
  });

  it('lets a browser ask first, so that its script can read the answer', async () => {
    const response = await fetch(`${url}/rest/v1/x`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'apikey, x-client-info',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(response.headers.get('access-control-allow-headers')).toBe('apikey, x-client-info');
  });

  it.each([
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8'],
    ['application/json, text/html;q=0.5', 'application/problem+json'],
    ['text/html;q=0', 'application/problem+json'],
    ['*/*', 'application/problem+json'],
  ])('for "%s" is %s', async (accept, type) => {
    const response = await fetch(url, { headers: { accept } });
    expect(response.headers.get('content-type')).toBe(type);
    expect((await response.text()).includes('<h1>')).toBe(type.startsWith('text/html'));
    expect(response.status).toBe(503);
  });

  it('has no body for HEAD', async () => {
    const response = await fetch(url, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([503, '']);
  });

  it('refuses a WebSocket', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const call = request(`${url}/realtime/v1/websocket`, { headers });
    call.end();
    const [response] = await once(call, 'response');
    response.resume();
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('7');
  });

  it('outlives a client that goes away in the middle of an upgrade', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.resetAndDestroy();
    expect((await fetch(url)).status).toBe(503);
  });
});

describe('the maintenance program', () => {
  const program = fileURLToPath(new URL('./main.ts', import.meta.url));
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sfp-maintenance-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const start = (env: Record<string, string>) => spawn(process.execPath, [program], { env, stdio: 'ignore' });

  it('has the port as soon as it is free, is found by its lock, and ends at once', async () => {
    const port = await freePort();
    const holder = createServer().listen(port, '127.0.0.1');
    await once(holder, 'listening');
    const lockFile = join(dir, 'maintenance.lock');
    const child = start({ SFP_MAINTENANCE_PORT: String(port), SFP_MAINTENANCE_LOCK_FILE: lockFile });
    const exited = once(child, 'exit');
    try {
      await waitFor(() => lockHolder(lockFile)?.pid === child.pid, { timeoutMs: 10_000, what: 'its lock' });
      const second = start({ SFP_MAINTENANCE_PORT: String(port), SFP_MAINTENANCE_LOCK_FILE: lockFile });
      expect((await once(second, 'exit'))[0]).toBe(0);
      holder.close();
      const status = () =>
        fetch(`http://127.0.0.1:${port}/`).then(
          (response) => response.status,
          () => 0,
        );
      await waitFor(async () => (await status()) === 503, { timeoutMs: 10_000, what: 'its answer' });
    } finally {
      child.kill('SIGTERM');
      holder.close();
    }
    expect((await exited)[0]).toBe(0);
    expect(lockHolder(lockFile)).toBeNull();
  });

  it('names what is wrong with its environment by its exit code', async () => {
    expect((await once(start({ SFP_MAINTENANCE_PORT: 'none' }), 'exit'))[0]).toBe(78);
  });
});
