import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Repository } from '../../e2e/support/repository.ts';
import { docker } from './docker.ts';
import { officialTag } from './stack-images.ts';

const port = 8000;
/** As workers know it: a name on the network that they share with it, and with nothing that holds data. */
const origin = `http://git:${port}`;

/** Keeps the request in git's own hands: this only turns HTTP into CGI. */
const program = `
const { createServer } = require('node:http');
const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
createServer((request, response) => {
  const url = new URL(request.url, 'http://git');
  if (url.pathname === '/gate') return response.writeHead(existsSync('/served/gate') ? 200 : 404).end();
  const child = spawn('git', ['http-backend'], { env: {
    PATH: process.env.PATH, GIT_PROJECT_ROOT: '/served', GIT_HTTP_EXPORT_ALL: '1', PATH_INFO: url.pathname,
    QUERY_STRING: url.search.slice(1), REQUEST_METHOD: request.method, CONTENT_TYPE: request.headers['content-type'] ?? '',
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '', GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
    GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*',
  }, stdio: ['pipe', 'pipe', 'inherit'] });
  request.pipe(child.stdin);
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stdout.on('end', () => {
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf('\\r\\n\\r\\n');
    let status = 200;
    for (const line of answer.subarray(0, end).toString().split('\\r\\n')) {
      const [name, value] = line.split(': ');
      if (name === 'Status') status = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.writeHead(status).end(answer.subarray(end + 4));
  });
}).listen(${port});
`;

/** A repository that workers clone over HTTP, and a gate that its steps can wait at. */
export class GitServer {
  readonly repository: Repository;
  readonly #served: string;
  readonly #name: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(tenant: string, env: Readonly<Record<string, string>>, files: Record<string, string>) {
    this.#served = mkdtempSync(join(tmpdir(), 'sfp-git-'));
    this.#name = `git-of-${tenant}`;
    this.#env = env;
    mkdirSync(join(this.#served, 'trees'));
    this.repository = new Repository(join(this.#served, 'trees', 'app'), files);
  }

  /** @param tenant whose workers reach it */
  static async start(
    tenant: string,
    files: Record<string, string>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<GitServer> {
    const server = new GitServer(tenant, env, files);
    try {
      await docker(
        [
          ...['run', '--detach', '--name', server.#name, '--network', `sfp-${tenant}_tasks`, '--network-alias', 'git'],
          ...['--volume', `${server.#served}:/served:ro`, '--user', '0', '--entrypoint', 'node'],
          ...[officialTag('platform'), '-e', program],
        ],
        { env },
      );
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  readonly url = `${origin}/trees/app/.git`;
  readonly gateUrl = `${origin}/gate`;

  openGate = (): void => writeFileSync(join(this.#served, 'gate'), '');

  /** Before the stack's network can go. */
  async close(): Promise<void> {
    await docker(['container', 'rm', '--force', this.#name], { env: this.#env, reject: false });
    rmSync(this.#served, { recursive: true, force: true });
  }
}
