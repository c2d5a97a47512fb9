import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caddyfile } from '../../compose/gateway/caddyfile.ts';
import { problemSchema } from '../../contracts/error.ts';
import { maintenanceProblem } from '../../stack/maintenance/problem.ts';
import { waitFor } from '../support/wait.ts';
import { docker } from './support/docker.ts';
import { officialTag } from './support/stack-images.ts';

describe('an image refuses an environment that the official one refuses', () => {
  it.each([
    ['db', 'superuser password is not specified'],
    ['auth', 'GOTRUE_DB_DATABASE_URL'],
    ['rest', 'PGRST_DB_URI'],
    ['realtime', 'APP_NAME'],
    ['hatchet', 'DATABASE_URL'],
    ['kong', 'KONG_DECLARATIVE_CONFIG_STRING'],
  ] as const)('%s', async (role, named) => {
    const { exitCode, all } = await execa('docker', ['run', '--rm', '--network', 'none', officialTag(role)], {
      reject: false,
      all: true,
    });
    expect(exitCode).toBe(1);
    expect(all).toContain(named);
  });
});

// With the rights that compose.yaml gives it. Its own authority signs for localhost; there is no gateway behind it.
describe('the edge', () => {
  const name = `edge-of-${process.pid}`;
  const ask = (path: string): Promise<string> =>
    docker(['exec', name, 'curl', '--silent', '--insecure', '--include', '--http1.1', `https://localhost${path}`]);

  beforeAll(async () => {
    await docker(
      [
        ...[
          'run',
          '--detach',
          '--name',
          name,
          '--network',
          'none',
          '--add-host',
          'kong:127.0.0.1',
          '--read-only',
          '--cap-drop',
          'ALL',
        ],
        ...['--cap-add', 'NET_BIND_SERVICE', '--security-opt', 'no-new-privileges:true', '--env', 'CADDYFILE'],
        ...['--tmpfs', '/tmp', '--tmpfs', '/run/sfp', '--tmpfs', '/data', '--tmpfs', '/config'],
        ...['--entrypoint', 'sh', officialTag('edge'), '-euc'],
        'printf %s "$CADDYFILE" > /run/sfp/Caddyfile; exec caddy run --adapter caddyfile --config /run/sfp/Caddyfile',
      ],
      { env: { CADDYFILE: caddyfile('localhost') } },
    );
    await waitFor(() => docker(['exec', name, 'wget', '-q', '--spider', 'http://127.0.0.1:2015/']).then(() => true), {
      timeoutMs: 60_000,
      what: 'a healthy edge',
      everyMs: 200,
    });
  });
  afterAll(() => docker(['container', 'rm', '--force', '--volumes', name], { reject: false }));

  it('says that the platform is away, and when to ask again, while no gateway answers', async () => {
    const answer = await ask('/api/v1/version');
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toMatch(/^retry-after: 30\r$/im);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    const problem = problemSchema.parse(JSON.parse(body));
    expect(problem).toEqual(maintenanceProblem(problem.requestId));
    expect(problem.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(head).toContain(problem.requestId);
  });

  it('hands on to a gateway that is there, and says so again while the file for it is', async () => {
    await docker(['exec', '--detach', name, 'busybox', 'httpd', '-f', '-p', '8000', '-h', '/run/sfp']);
    await waitFor(async () => (await ask('/Caddyfile')).startsWith('HTTP/1.1 200 '), {
      timeoutMs: 30_000,
      what: 'an answer through the edge',
      everyMs: 100,
    });
    await docker(['exec', name, 'touch', '/run/sfp/maintenance']);
    expect(await ask('/Caddyfile')).toMatch(/^HTTP\/1\.1 503 /);
  });
});
