import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type pg from 'pg';
import { expect } from 'vitest';
import { z } from 'zod';
import { type StackLayout, stackLayout } from '../../../../stack/layout.ts';
import { makeBrowser } from '../../../support/login-browser.ts';
import { openLoginPage, shownCode, shownLink } from '../../../support/login-page.ts';
import { outputOf } from '../feed.ts';
import { Home } from '../home.ts';
import { E2eStack, ok } from '../stack.ts';
import { superuser } from '../stack-database.ts';
import type { ProcessWatch } from './process-watch.ts';
import type { SecretBook } from './secret-book.ts';
import { noteEngineToken, noteLogins, noteStackSecrets } from './stack-secrets.ts';
import { tellingProject } from './telling-project.ts';

const tenant = 'discreet';
const app = ['--project', 'app'];
const publishableKeySchema = z.object({ publishableKey: z.string() });

/** A stack on which people, tokens, credentials, builds, deployments and rotations go through everything that holds a secret. */
export class BusyStack {
  readonly home = new Home();
  readonly book: SecretBook;
  readonly watch: ProcessWatch;
  readonly layout: StackLayout;
  #stack: E2eStack | undefined;
  #database: pg.Client | undefined;
  #url = '';

  constructor(book: SecretBook, watch: ProcessWatch) {
    this.book = book;
    this.watch = watch;
    this.layout = stackLayout(this.home.path('base'), tenant);
  }

  /** All of it, one after the other; the stack runs on. */
  async live(): Promise<void> {
    await this.#begin();
    await this.#people();
    await this.#applicationTokens();
    await this.#credentials();
    await this.#work();
    await this.#rotations();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database?.end();
    await this.home[Symbol.asyncDispose]();
  }

  /** A connection of the superuser; the caller ends it. */
  connect(name?: string): Promise<pg.Client> {
    return superuser(this.home.path('base'), tenant, name);
  }

  /** The superuser's connection, which is watched. */
  get database(): pg.Client {
    if (this.#database === undefined) throw new Error('the stack has not begun');
    return this.#database;
  }

  get #running(): E2eStack {
    if (this.#stack === undefined) throw new Error('the stack has not begun');
    return this.#stack;
  }

  /** A file of the person at the command line: outside what is searched. */
  readonly #file = (name: string, text: string): string => {
    const path = this.home.path('given', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  readonly #sfp = (...args: string[]) => this.home.sfp(...args, '--context', tenant);
  readonly #piped = (input: string, ...args: string[]) => this.home.pipe(input, ...args, '--context', tenant);
  readonly #json = async <Value>(...args: string[]): Promise<Value> =>
    ok(await this.#sfp(...args, '--json')).json() as Value;
  readonly #post = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(new URL(`/api/v1${path}`, this.#url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  async #begin(): Promise<void> {
    this.#stack = await E2eStack.create(this.home, tenant, tellingProject);
    await this.#running.addEnvironment('production');
    await this.#running.addEnvironment('broken');
    this.#url = (await this.#running.status()).url;
    this.#database = await this.connect();
    await this.watch.watchDatabase(this.#database);
    await noteStackSecrets(this.book, this.layout, this.database);
    noteEngineToken(this.book, await this.#running.pidOf('worker-standard'));
    noteLogins(this.book, this.home.contextsFile);
  }

  readonly #codeIn = (link: string): string =>
    this.book.note('code', 'of an invitation', /sfp_inv_[\w-]+/.exec(link)?.[0] ?? '');

  async #people(): Promise<void> {
    for (const person of ['ben', 'eve']) {
      const { link, id } = await this.#json<{ link: string; id: string }>(
        'invitation',
        'create',
        `${person}@example.test`,
      );
      this.#codeIn(link);
      const again = await this.#json<{ link: string }>('invitation', 'resend', id);
      this.#codeIn(again.link);
      const password = this.book.make('password', `of ${person}`, ' "with" \\ more & %');
      const tooLong = this.book.make('password', 'too long') + 'x'.repeat(80);
      const code = ['--code-file', this.#file(`link-${person}`, again.link), '--name', person];
      expect((await this.home.pipe(tooLong, 'invitation', 'accept', ...code, '--password-stdin')).code).not.toBe(0);
      expect((await this.home.pipe(link, 'invitation', 'accept', '--code-stdin')).code).not.toBe(0);
      ok(
        await this.home.sfp(
          'invitation',
          'accept',
          ...code,
          '--password-file',
          this.#file(`password-${person}`, password),
        ),
      );
      const email = `${person}@example.test`;
      const wrong = this.book.make('password', 'wrong');
      const login = ['login', this.#url, '--email', email, '--password-stdin', '--name', `${person}-again`];
      expect((await this.home.pipe(wrong, ...login)).code).not.toBe(0);
      ok(await this.home.pipe(password, ...login));
      noteLogins(this.book, this.home.contextsFile);
      const guessed = this.book.make('password', 'guessed at auth itself');
      const answer = await fetch(new URL('/auth/v1/token?grant_type=password', this.#url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', apikey: this.#publishableKey() },
        body: JSON.stringify({ email, password: guessed }),
      });
      expect(answer.status).toBe(400);
      if (person === 'ben') await this.#browserLogins(email, password);
    }
  }

  readonly #publishableKey = (): string =>
    publishableKeySchema.parse(JSON.parse(readFileSync(this.layout.secretsFile, 'utf8'))).publishableKey;

  async #browserLogins(email: string, password: string): Promise<void> {
    const browser = makeBrowser(this.home.path('given', 'browser'), { email, password, does: 'log in' });
    ok(await this.home.with(browser.env).sfp('login', this.#url, '--browser', '--name', 'browser'));
    noteLogins(this.book, this.home.contextsFile);
    // One code is used, and one is left.
    for (const used of [true, false]) {
      const { link, verifier } = shownLink(this.#url);
      const { html } = await (await openLoginPage(link)).submit({ email, password });
      const code = this.book.note('code', 'of a login', shownCode(html));
      const answer = used ? await this.#post('/auth/code', { code, verifier }) : undefined;
      if (answer === undefined) continue;
      const session = (await answer.json()) as { accessToken: string; refreshToken: string };
      this.book.note('access token', 'of a login code', session.accessToken);
      this.book.note('refresh token', 'of a login code', session.refreshToken);
    }
  }

  async #applicationTokens(): Promise<void> {
    for (const scope of ['read', 'deploy', 'manage', 'full']) {
      const made = await this.#json<{ id: string; token: string }>('token', 'create', scope, '--scope', scope);
      const token = this.book.note('application token', scope, made.token);
      const robot = this.home.with({
        SFP_URL: this.#url,
        SFP_TOKEN: token,
        SFP_CONFIG_DIR: this.home.path('config', 'robot'),
      });
      ok(await robot.sfp('project', 'list', '--json'));
      const exchanged = (await (await this.#post('/auth/token', { token })).json()) as { accessToken: string };
      this.book.note('access token', `of a token, ${scope}`, exchanged.accessToken);
      if (scope === 'read') ok(await this.home.pipe(token, 'login', this.#url, '--token-stdin', '--name', 'robot'));
      if (scope !== 'manage') continue;
      ok(await this.#sfp('token', 'revoke', made.id));
      expect((await robot.sfp('project', 'list')).code).toBe(4);
    }
    // The kept answer of an Idempotency-Key holds a token, and is given again.
    const session = this.book.all.find(({ kind, name }) => kind === 'access token' && name === `of ${tenant}`)?.value;
    const ask = () =>
      this.#post(
        '/tokens',
        { name: 'twice' },
        { authorization: `Bearer ${session}`, 'idempotency-key': 'asked-twice' },
      );
    const tokens = [await ask(), await ask()].map(async (answer) => ((await answer.json()) as { token: string }).token);
    const [first = '', second] = await Promise.all(tokens);
    expect(second).toBe(this.book.note('application token', 'asked for twice', first));
  }

  async #credentials(): Promise<void> {
    const secret = (name: string, more?: string) => this.book.make('credential', name, more);
    const place = ['--secret-file', this.#file('account-token', secret('of the account'))];
    ok(await this.#sfp('integration', 'create', 'account-token', ...place));
    const difficult = secret('of the project', ' "in" quotes/+&=%\\ é?');
    ok(await this.#piped(difficult, 'integration', 'create', 'password', ...app, '--secret-stdin'));
    const environment = [...app, '--environment', 'production'];
    const lines = `-----BEGIN KEY-----\n${secret('first line')}\n${secret('second line')}\n-----END KEY-----\n`;
    ok(await this.#piped(lines, 'integration', 'create', 'password', ...environment, '--secret-stdin'));
    ok(await this.#piped(secret('of a variable'), 'integration', 'create', 'variable', ...app, '--secret-stdin'));
    for (const slug of ['dev', 'production', 'broken'])
      ok(await this.#sfp('environment', 'update', slug, ...app, '--credential', 'VARIABLE=variable'));
    const replaced = this.#file('replaced', secret('that is replaced'));
    ok(await this.#sfp('integration', 'create', 'replaced', '--secret-file', replaced));
    ok(await this.#piped(secret('that replaces'), 'integration', 'set-secret', 'replaced', '--secret-stdin'));
    // Refused: there is no such integration; it is too long; there is one already.
    const refused = ['integration', 'set-secret'];
    expect((await this.#piped(secret('for nothing'), ...refused, 'nothing', '--secret-stdin')).code).not.toBe(0);
    const tooLong = secret('too long') + 'x'.repeat(70_000);
    expect((await this.#piped(tooLong, ...refused, 'replaced', '--secret-stdin')).code).not.toBe(0);
    const taken = ['integration', 'create', 'replaced', '--secret-stdin'];
    expect((await this.#piped(secret('for a name that is taken'), ...taken)).code).not.toBe(0);
  }

  async #work(): Promise<void> {
    const build = this.home.start('build', ...app, '--json=stream', '--context', tenant);
    const rotated = this.home.sfp('integration', 'rotate-key', '--tenant', tenant, '--json');
    expect(await build.exit, build.stderr).toBe(0);
    ok(await rotated);
    await noteStackSecrets(this.book, this.layout, this.database);
    for (const [environment, code] of [
      ['dev', 0],
      ['production', 0],
      ['broken', 1],
    ] as const) {
      const watcher = this.#running.deploy(environment);
      expect(await watcher.exit, watcher.stderr).toBe(code);
      const output = outputOf(watcher.events);
      expect(output).toEqual(expect.arrayContaining([expect.stringContaining('***'), 'is ***']));
    }
    ok(await this.#sfp('collection', 'create', 'notes'));
    const note = this.#file('note', JSON.stringify({ about: 'nothing' }));
    ok(await this.#sfp('document', 'put', 'notes', 'one', '--file', note));
    ok(await this.#sfp('project', 'settings', 'set', 'app', 'artifactRetentionDays=30'));
    ok(await this.#sfp('schedule', 'create', 'nightly', ...app, '--environment', 'dev', '--cron', '30 2 * * *'));
    ok(await this.#sfp('schedule', 'run', 'nightly', ...app));
    ok(await this.home.sfp('logout', '--context', 'eve'));
  }

  /** Other keys and another password of the database; the old ones are secrets still. */
  async #rotations(): Promise<void> {
    await this.watch.watchDatabase(undefined);
    await this.database.end();
    for (const what of ['db-password', 'api-keys'])
      ok(await this.home.sfp('server', 'rotate', what, '--tenant', tenant, '--yes', '--json'));
    this.#database = await this.connect();
    await this.watch.watchDatabase(this.#database);
    await noteStackSecrets(this.book, this.layout, this.database);
    ok(await this.#sfp('project', 'list'));
    noteLogins(this.book, this.home.contextsFile);
  }
}
