import type { IncomingMessage, ServerResponse } from 'node:http';

type Answer = (response: ServerResponse, query: URLSearchParams, body: Buffer, path: string) => void;

const json = 'application/json';

/** What the recorded peer answered, by path; everything else is 404. */
const answers: Readonly<Record<string, Answer>> = {
  '/ok': (response) => send(response, 200, [['Content-Type', json]], '{"ok":true}'),
  '/echo': (response, _query, body) =>
    send(response, 200, [['Content-Type', json]], body.length === 0 ? '(none)' : body),
  '/redir': (response, query) =>
    send(
      response,
      Number(query.get('s') ?? 302),
      [
        ['Location', query.get('to') ?? '/ok'],
        ['Content-Type', json],
      ],
      'redir',
    ),
  '/loop': (response) =>
    send(
      response,
      302,
      [
        ['Location', '/loop'],
        ['Content-Type', json],
      ],
      'redir',
    ),
  '/empty': (response) => send(response, 200, [], ''),
  '/noct': (response) => send(response, 200, [], 'hello'),
  '/utf8': (response) => send(response, 200, [['Content-Type', 'text/plain; charset=utf-8']], 'zażółć 🔐'.slice(0, 9)),
  '/nulfirst': (response) => send(response, 200, [['Content-Type', 'application/octet-stream']], '\0abc'),
  '/bin': (response) => send(response, 200, [['Content-Type', 'image/png']], Buffer.from('89504e4700', 'hex')),
  '/gzip': (response) =>
    send(
      response,
      200,
      [
        ['Content-Type', 'text/plain'],
        ['Content-Encoding', 'gzip'],
      ],
      Buffer.from('1f8b0800', 'hex'),
    ),
  '/badutf8': (response) =>
    send(
      response,
      200,
      [
        ['Content-Type', 'text/plain'],
        ['X-Latin', 'x'],
      ],
      Buffer.from('636166e920ff20656e64', 'hex'),
    ),
  '/hdr8': (response) =>
    send(
      response,
      200,
      [
        ['X-Latin', 'caf\u00e9'],
        ['Content-Type', json],
      ],
      '{}',
    ),
  '/chunked': (response) => {
    head(response, 200, [
      ['Content-Type', 'text/plain'],
      ['Transfer-Encoding', 'chunked'],
    ]);
    response.write('hello ');
    response.end('world');
  },
  '/dup': (response) =>
    send(
      response,
      200,
      [
        ['X-Dup', '1'],
        ['X-Dup', '2'],
        ['x-dup', '1'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['X-Case', 'Mixed'],
        ['X-Empty', ''],
        ['Content-Type', json],
      ],
      '{}',
    ),
  '/close': (response) => {
    send(
      response,
      200,
      [
        ['Content-Type', json],
        ['Connection', 'close'],
      ],
      '{}',
    );
  },
  '/rst': (response) => response.socket?.destroy(),
  '/trunc': (response) => {
    head(response, 200, [
      ['Content-Type', json],
      ['Content-Length', '100'],
    ]);
    response.write('{"half":', () => response.socket?.destroy());
  },
  '/big': (response, query) =>
    send(response, 200, [['Content-Type', 'text/plain']], 'x'.repeat(Number(query.get('n')))),
  '/slow': (response, query) => {
    setTimeout(() => send(response, 200, [['Content-Type', json]], '{"slow":1}'), Number(query.get('ms')));
  },
  '/drip': (response, query) => {
    const count = Number(query.get('n'));
    head(response, 200, [
      ['Content-Type', 'text/plain'],
      ['Content-Length', String(count)],
    ]);
    let sent = 0;
    const timer = setInterval(
      () => {
        sent += 1;
        response.write('.');
        if (sent === count || response.destroyed) {
          clearInterval(timer);
          response.end();
        }
      },
      Number(query.get('ms')) / count,
    );
    response.on('close', () => clearInterval(timer));
  },
  '/stall': (response) => {
    head(response, 200, [
      ['Content-Type', 'text/plain'],
      ['Content-Length', '10'],
    ]);
    response.write('12345');
  },
  '/hang': () => undefined,
};

export function answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://peer');
  const status = /^\/status\/(\d+)$/.exec(pathname)?.[1];
  if (status !== undefined) {
    const bare = status === '204' || status === '304';
    if (bare) {
      head(response, Number(status), [['Content-Type', json]]);
      response.end();
    } else send(response, Number(status), [['Content-Type', json]], '{"s":1}');
    return;
  }
  const known = answers[pathname];
  if (known === undefined) send(response, 404, [['Content-Type', json]], '{"error":"nf"}');
  else known(response, searchParams, body, pathname);
}

function send(response: ServerResponse, status: number, headers: [string, string][], body: string | Buffer): void {
  head(response, status, [...headers, ['Content-Length', String(Buffer.byteLength(body))]]);
  response.end(body);
}

/** Exactly these headers: no Date, no Connection. */
function head(response: ServerResponse, status: number, headers: [string, string][]): void {
  response.sendDate = false;
  if (!headers.some(([name]) => name === 'Connection')) response.removeHeader('connection');
  response.writeHead(status, headers.flat());
}
