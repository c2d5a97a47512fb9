import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestListener, request, type Server } from 'node:http';
import { connect } from 'node:net';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { freePort } from '../../test/support/free-port.ts';
import { waitFor } from '../../test/support/wait.ts';
import { Gateway } from './gateway.ts';

const key = 'sb_publishable_for_tests';
const secretKey = 'sb_secret_for_tests';
let behave: RequestListener = (_request, response) => response.end('{}');
let upstream: Server;
let gateway: Gateway;
let port = 0;

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};
const listen = async (server: Server, at = 0): Promise<number> => {
  server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  return portOf(server);
};
const configFor = (url: string) => ({
  host: '127.0.0.1',
  port: 0,
  upstreams: { auth: new URL(url), rest: new URL(url), realtime: new URL(url), api: new URL(url) },
  keys: {
    anonKey: undefined,
    serviceKey: undefined,
    publishableKey: key,
    secretKey,
    anonJwt: 'anon.jwt.signature',
    serviceJwt: 'service.jwt.signature',
  },
});

beforeEach(async () => {
  upstream = createServer((incoming, response) => behave(incoming, response));
  gateway = new Gateway(configFor(`http://127.0.0.1:${await listen(upstream)}`), pino({ level: 'silent' }));
  port = await listen(gateway.server);
});
afterEach(async () => {
  upstream.closeAllConnections();
  upstream.close();
  await gateway.drain(100);
});

const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
const open = (path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers: { apikey: key }, agent: false }, resolve).once('error', reject);
  });

test('an answer passes while it is still being made', async () => {
  let finish: () => void = () => undefined;
  behave = (_request, response) => {
    response.write('first');
    finish = () => response.end('last');
  };
  const answer = await open('/rest/v1/things');
  const [first] = await once(answer, 'data');
  expect(String(first)).toBe('first');
  const last = once(answer, 'data');
  finish();
  expect(String((await last)[0])).toBe('last');
});

test('a body passes while it is still being sent', async () => {
  const received: string[] = [];
  behave = (incoming, response) => {
    incoming.setEncoding('utf8').on('data', (chunk: string) => received.push(chunk));
    incoming.on('end', () => response.end('done'));
  };
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path: '/rest/v1/things',
    method: 'POST',
    headers: { apikey: key },
    agent: false,
  });
  outgoing.write('first');
  await waitFor(() => received.length > 0, { timeoutMs: 5000, what: 'the first part to arrive' });
  expect(received).toEqual(['first']);
  const answered = once(outgoing, 'response');
  outgoing.end('last');
  await answered;
  expect(received.join('')).toBe('firstlast');
});

test('a slow reader slows the upstream: the gateway does not collect', async () => {
  const chunk = Buffer.alloc(256 * 1024);
  const total = 400;
  let written = 0;
  behave = (_request, response) => {
    const more = (): void => {
      while (written < total) {
        written += 1;
        if (!response.write(chunk)) {
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
  };
  const answer = await open('/rest/v1/big');
  answer.pause();
  let settled = -1;
  // The pipe is full when nothing more was written between two looks.
  await waitFor(
    () => {
      const same = settled === written;
      settled = written;
      return same && written > 0;
    },
    { timeoutMs: 10_000, what: 'the upstream to be held back', everyMs: 200 },
  );
  expect(written).toBeLessThan(total / 2);
  let bytes = 0;
  answer.on('data', (data: Buffer) => {
    bytes += data.length;
  });
  answer.resume();
  await once(answer, 'end');
  expect(bytes).toBe(chunk.length * total);
});

test('a backend that is away is 503 with Retry-After, in JSON', async () => {
  const away = new Gateway(configFor(`http://127.0.0.1:${await freePort()}`), pino({ level: 'silent' }));
  const at = await listen(away.server);
  try {
    const answer = await fetch(`http://127.0.0.1:${at}/rest/v1/things`, { headers: { apikey: key } });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ message: 'The upstream server is not reachable' });
  } finally {
    await away.drain(100);
  }
});

test('a backend that breaks off before it answers is 502', async () => {
  behave = (incoming) => incoming.socket.destroy();
  const answer = await fetch(url('/rest/v1/things'), { method: 'POST', headers: { apikey: key }, body: 'x' });
  expect(answer.status).toBe(502);
});

test('a backend that breaks off in the middle breaks the answer off, it does not end it', async () => {
  behave = (incoming, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half');
    incoming.socket.destroySoon();
  };
  const answer = await fetch(url('/rest/v1/things'), { headers: { apikey: key } });
  await expect(answer.text()).rejects.toThrow();
});

test('a caller who goes away ends the request at the backend', async () => {
  let gone = false;
  let arrived = false;
  behave = (incoming) => {
    arrived = true;
    incoming.socket.once('close', () => {
      gone = true;
    });
  };
  const outgoing = get({ host: '127.0.0.1', port, path: '/rest/v1/slow', headers: { apikey: key }, agent: false });
  outgoing.on('error', () => undefined);
  await waitFor(() => arrived, { timeoutMs: 5000, what: 'the request to arrive' });
  outgoing.destroy();
  await waitFor(() => gone, { timeoutMs: 5000, what: 'the backend to see it go' });
});

test('a body above the limit is 413, announced or not', async () => {
  behave = (incoming, response) => {
    incoming.resume();
    incoming.on('end', () => response.end('{}'));
  };
  const announced = request({
    host: '127.0.0.1',
    port,
    path: '/auth/v1/signup',
    method: 'POST',
    headers: { apikey: key, 'content-length': String(3 * 1024 * 1024) },
    agent: false,
  });
  announced.on('error', () => undefined);
  announced.flushHeaders();
  const [answer] = await once(announced, 'response');
  expect(answer.statusCode).toBe(413);
  announced.destroy();

  const streamed = request({
    host: '127.0.0.1',
    port,
    path: '/auth/v1/signup',
    method: 'POST',
    headers: { apikey: key },
    agent: false,
  });
  streamed.on('error', () => undefined);
  const answered = once(streamed, 'response');
  for (let sent = 0; sent < 3; sent += 1) streamed.write(Buffer.alloc(1024 * 1024));
  const [refused] = await answered;
  expect(refused.statusCode).toBe(413);
  streamed.destroy();
});

test('a head above the limit is 431', async () => {
  const answer = await fetch(url('/rest/v1/things'), { headers: { apikey: key, 'x-long': 'a'.repeat(70_000) } });
  expect(answer.status).toBe(431);
  expect(
    (await fetch(url('/rest/v1/things'), { headers: { apikey: key, 'x-long': 'a'.repeat(20_000) } })).status,
  ).not.toBe(502);
});

test('a connection that the backend closed while idle costs no read its answer', async () => {
  upstream.keepAliveTimeout = 1;
  for (let turn = 0; turn < 20; turn += 1) {
    const answer = await fetch(url(`/rest/v1/things?turn=${turn}`), { headers: { apikey: key } });
    expect(answer.status).toBe(200);
    await answer.text();
    if (turn % 5 === 4) upstream.closeIdleConnections();
  }
});

test('connections to a backend are kept', async () => {
  let connections = 0;
  upstream.on('connection', () => {
    connections += 1;
  });
  for (let turn = 0; turn < 10; turn += 1) {
    const answer = await fetch(url('/rest/v1/things'), { method: 'POST', headers: { apikey: key }, body: 'x' });
    await answer.text();
  }
  expect(connections).toBe(1);
});

test('a backend that answers before it has read the body is heard', async () => {
  behave = (incoming, response) => {
    response.writeHead(422, { 'content-length': 2, connection: 'close' });
    response.end('no', () => incoming.socket.destroySoon());
  };
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path: '/rest/v1/things',
    method: 'POST',
    headers: { apikey: key },
    agent: false,
  });
  outgoing.on('error', () => undefined);
  const answered = once(outgoing, 'response');
  outgoing.write('a beginning');
  const [answer] = await answered;
  expect(answer.statusCode).toBe(422);
  // The rest still goes out, to nobody.
  outgoing.end(Buffer.alloc(1024 * 1024));
  answer.resume();
  await once(answer, 'end');
});

test('headers of one connection stay on it', async () => {
  let seen: IncomingMessage['headers'] = {};
  behave = (incoming, response) => {
    seen = incoming.headers;
    response.setHeader('connection', 'x-private');
    response.setHeader('x-private', '1');
    response.end('{}');
  };
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET /rest/v1/things HTTP/1.1\r\nhost: x\r\napikey: ${key}\r\nconnection: close, x-hop\r\nx-hop: 1\r\nte: trailers\r\nproxy-authorization: Basic x\r\n\r\n`,
  );
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(socket, 'close');
  expect(Object.keys(seen)).not.toEqual(expect.arrayContaining(['x-hop']));
  expect(seen.te ?? seen['proxy-authorization']).toBeUndefined();
  expect(text).toContain('200 OK');
  expect(text.toLowerCase()).not.toContain('x-private: 1');
});

test('for whom it asks is what only the holder of the secret key can say', async () => {
  behave = (incoming, response) => response.end(JSON.stringify(incoming.headers));
  const seen = async (apikey: string, forwarded: string) => {
    const headers = { apikey, 'x-forwarded-for': forwarded, 'x-real-ip': '6.6.6.6' };
    const { 'x-forwarded-for': address, 'x-real-ip': real } = Object(
      await (await fetch(url('/auth/v1/token'), { headers })).json(),
    );
    return [address, real];
  };
  expect(await seen(secretKey, '6.6.6.6, 192.0.2.7')).toEqual(['192.0.2.7', '192.0.2.7']);
  expect(await seen(secretKey, 'nonsense')).toEqual(['127.0.0.1', '127.0.0.1']);
  expect(await seen(key, '192.0.2.7')).toEqual(['127.0.0.1', '127.0.0.1']);
});

test('a drain lets what runs finish and takes nothing new', async () => {
  let finish: () => void = () => undefined;
  behave = (_request, response) => {
    finish = () => response.end('finished');
  };
  const running = fetch(url('/rest/v1/things'), { headers: { apikey: key } });
  await waitFor(async () => (await (await fetch(url('/health'))).json()) !== undefined, {
    timeoutMs: 5000,
    what: 'health',
  });
  const drained = gateway.drain(10_000);
  await expect(fetch(url('/health'))).rejects.toThrow();
  finish();
  const answer = await running;
  expect(await answer.text()).toBe('finished');
  await drained;
});

test('WebSockets: large messages both ways, backpressure kept, a drain closes them', async () => {
  const sockets = new WebSocketServer({ server: upstream });
  sockets.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  const client = new WebSocket(`ws://127.0.0.1:${port}/realtime/v1/websocket?apikey=${key}`);
  await once(client, 'open');
  const message = Buffer.alloc(5 * 1024 * 1024, 7);
  const echo = once(client, 'message');
  client.send(message);
  const [data] = await echo;
  expect(Buffer.compare(Buffer.from(data), message)).toBe(0);
  const closed = once(client, 'close');
  await gateway.drain(2_000);
  await closed;
  await waitFor(() => sockets.clients.size === 0, { timeoutMs: 5000, what: 'the backend to see the close' });
});

test('WebSockets: a backend that says no is heard', async () => {
  upstream.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n'));
  const client = new WebSocket(`ws://127.0.0.1:${port}/realtime/v1/websocket?apikey=${key}`);
  client.on('error', () => undefined);
  const [outgoing, answer] = await once(client, 'unexpected-response');
  expect(answer.statusCode).toBe(403);
  outgoing.destroy();
});
