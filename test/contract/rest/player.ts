import http from 'node:http';
import type { HttpStep } from './recording.ts';
import type { Target } from './target.ts';

export interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

// What the recording client percent-encoded; everything else travels as written.
const encodePath = (path: string): string =>
  path.replace(/[^\u0021-\u007e]|["<>\\^{|}`]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );

const placeholder = '{{jwt}}';

// Texts that the recording shortened, as they were sent.
const shortened: Readonly<Record<string, string>> = {
  '{…big…}': JSON.stringify({ a: 1, b: 'x'.repeat(200_000) }),
};
const restoreBody = (body: string): string =>
  shortened[body] ?? (body.endsWith('… 6000 chars') ? '['.repeat(3000) + ']'.repeat(3000) : body);
const restorePath = (path: string): string => {
  const list = /^(.*=in\.\()s0,s1,.*…$/.exec(path)?.[1];
  return list === undefined ? path : `${list}${Array.from({ length: 900 }, (_, index) => `s${index}`).join(',')})`;
};

function requestHeaders(step: HttpStep, target: Target, body: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
    // Node sends the body of a GET or DELETE unframed without it.
    headers['content-length'] = String(Buffer.byteLength(body));
  }
  for (const [name, value] of Object.entries(step.req.headers)) {
    const key = name.toLowerCase();
    const person = /^Bearer \{\{jwt:(\w+)\}\}$/.exec(value)?.[1];
    const label = /^\{\{jwt:(.*)\}\}$/.exec(value)?.[1];
    if (value === '(none)') delete headers[key];
    else if (person !== undefined) headers[key] = `Bearer ${target.tokens.of(person)}`;
    else if (label !== undefined) headers[key] = target.tokens.header(label);
    else headers[key] = value.replace(placeholder, target.tokens.of('ann') ?? '');
  }
  return headers;
}

/** Sends a recorded request. The token that stands for `{{jwt}}` becomes the placeholder again in the reply. */
export function play(step: HttpStep, target: Target): Promise<Reply> {
  const token = target.tokens.header('valid').slice('Bearer '.length);
  const { hostname, port, pathname } = new URL(target.url);
  const path = (pathname === '/' ? '' : pathname) + encodePath(restorePath(step.req.path).replace(placeholder, token));
  const body = step.req.body === undefined ? undefined : restoreBody(step.req.body);
  return new Promise((resolve, reject) => {
    const request = http.request(
      { hostname, port, method: step.req.method, path, headers: requestHeaders(step, target, body), agent },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: text.replaceAll(token, placeholder),
          }),
        );
      },
    );
    request.setTimeout(15_000, () => request.destroy(new Error('no answer within 15 s')));
    request.on('error', reject);
    request.end(body);
  });
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
export const closePlayer = (): void => agent.destroy();
