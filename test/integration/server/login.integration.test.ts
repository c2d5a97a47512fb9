import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthApi } from '../../../client/auth/auth-api.ts';
import { loginLink } from '../../../contracts/login-code.ts';
import { challengeOf, newVerifier } from '../../../contracts/pkce.ts';
import { makeBrowser, type Person } from '../../support/login-browser.ts';
import { openLoginPage, shownCode, shownLink } from '../../support/login-page.ts';
import { StackCli } from '../../support/stack-cli.ts';
import { waitFor } from '../../support/wait.ts';
import { type ServerStack, startServerStack, type User } from './server-stack.ts';

let stack: ServerStack;
let ann: User;
let bob: User;
beforeAll(async () => {
  stack = await startServerStack(['api']);
  // Two, since logging in as the same is limited.
  [ann, bob] = await Promise.all([stack.user('ann'), stack.user('bob')]);
});
afterAll(() => stack?.stop());

const credentials = (): { email: string; password: string } => ({ email: ann.email, password: ann.password });
const redirectUri = 'http://127.0.0.1:54329/callback';
const redirected = () => {
  const verifier = newVerifier();
  const link = loginLink(stack.url, {
    redirect_uri: redirectUri,
    state: 'the state of this login',
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    device: 'Ann’s <laptop>',
  });
  return { verifier, link };
};
/** A code as the redirect carries it. */
async function newCode(): Promise<{ code: string; verifier: string }> {
  const { verifier, link } = redirected();
  const { location } = await (await openLoginPage(link)).submit({ email: bob.email, password: bob.password });
  return { verifier, code: location?.searchParams.get('code') ?? '' };
}
const exchange = (body: Record<string, string>) => stack.call('POST', '/auth/code', { body });

describe('the login page', () => {
  it('names server and machine, loads nothing from elsewhere, and lies in no frame', async () => {
    const page = await openLoginPage(redirected().link);
    expect(page.status).toBe(200);
    expect(page.html).toContain('Ann’s &lt;laptop&gt;');
    expect(page.html).toContain(new URL(stack.context.urls.gateway).host);
    expect(page.html).not.toMatch(/<script|\ssrc=|\son\w+=/);
    const policy = page.headers.get('content-security-policy');
    expect(policy).toMatch(
      /default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' http:\/\/127\.0\.0\.1:54329;/,
    );
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict$/);
  });

  it('takes no link that leads elsewhere', async () => {
    const { link } = redirected();
    for (const uri of ['https://evil.test/callback', 'http://127.0.0.1:1/other', 'http://localhost:1/callback']) {
      const url = new URL(link);
      url.searchParams.set('redirect_uri', uri);
      const page = await openLoginPage(url.href);
      expect([page.status, page.html.includes('evil')]).toEqual([400, false]);
    }
    const { status, location } = await (await openLoginPage(link)).submit({
      ...credentials(),
      redirect_uri: 'https://evil.test/callback',
    });
    expect([status, location]).toEqual([403, undefined]);
  });

  it('takes its own form only: with its cookie, for this link, from this site', async () => {
    const page = await openLoginPage(redirected().link);
    const other = await openLoginPage(redirected().link);
    const refused = [
      page.submit(credentials(), { cookie: '' }),
      page.submit(credentials(), { cookie: other.cookie }),
      page.submit({ ...credentials(), csrf: other.fields.csrf ?? '' }),
      page.submit({ ...credentials(), device: 'another' }),
      page.submit({ ...credentials(), redirect_uri: 'http://127.0.0.1:54330/callback' }),
      page.submit(credentials(), { 'sec-fetch-site': 'cross-site' }),
    ];
    for (const answer of await Promise.all(refused)) expect([answer.status, answer.location]).toEqual([403, undefined]);
    expect((await page.submit(credentials(), { 'sec-fetch-site': 'same-origin' })).status).toBe(303);
  });

  it('shows the form again for a wrong password, without it', async () => {
    const page = await openLoginPage(redirected().link);
    const answer = await page.submit({ email: '"><b>', password: 'a secret guess' });
    expect([answer.status, answer.html.includes('<b>"')]).toEqual([422, false]);
    expect(answer.html).toContain('value="&quot;&gt;&lt;b&gt;"');
    const wrong = await page.submit({ email: ann.email, password: 'a secret guess' });
    expect(wrong.status).toBe(401);
    expect(wrong.html).toContain('E-mail or password is wrong.');
    expect(wrong.html).toContain(`value="${ann.email}"`);
    expect(wrong.html).not.toContain('a secret guess');
  });

  it('goes back without a code when it is cancelled', async () => {
    const { status, location } = await (await openLoginPage(redirected().link)).submit({ action: 'cancel' });
    expect(status).toBe(303);
    expect(Object.fromEntries(location?.searchParams ?? [])).toEqual({
      error: 'access_denied',
      state: 'the state of this login',
    });
  });

  it('counts tries together with POST /auth/login', async () => {
    const user = await stack.user('guessed');
    const page = await openLoginPage(redirected().link);
    const guess = { email: user.email.toUpperCase(), password: 'wrong' };
    for (let tries = 0; tries < 5; tries += 1) {
      expect((await stack.call('POST', '/auth/login', { body: guess })).status).toBe(401);
      expect((await page.submit(guess)).status).toBe(401);
    }
    const limited = await page.submit({ email: user.email, password: user.password });
    expect([limited.status, limited.html]).toEqual([429, expect.stringMatching(/Wait \d+ seconds/)]);
  });
});

describe('the code', () => {
  it('becomes the session of whoever began the login', async () => {
    const { verifier, link } = redirected();
    const { status, location, headers } = await (await openLoginPage(link)).submit(credentials());
    expect([status, location?.origin, location?.pathname]).toEqual([303, 'http://127.0.0.1:54329', '/callback']);
    expect(location?.searchParams.get('state')).toBe('the state of this login');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    const code = location?.searchParams.get('code') ?? '';
    const { rows } = await stack.owner.query('select l::text as line from private.login_codes l');
    expect(rows.map(({ line }) => line).join('\n')).not.toContain(code);
    const session = await createAuthApi({ url: stack.url }).exchangeLoginCode({ code, verifier, redirectUri });
    expect(session.user).toEqual({ id: ann.id, email: ann.email });
    expect((await stack.call('GET', '/me', { token: session.accessToken })).body.user.email).toBe(ann.email);
    const kept = await stack.owner.query('select session from private.login_codes where used_at is not null');
    expect(kept.rows).toContainEqual({ session: null });
  });

  it('that is shown is exchanged without a redirect, and with one it is not', async () => {
    const { link, verifier } = shownLink(stack.url);
    const { status, html } = await (await openLoginPage(link)).submit(credentials());
    expect(status).toBe(200);
    expect((await exchange({ code: shownCode(html), verifier })).body.user.email).toBe(ann.email);
    const other = shownLink(stack.url);
    const again = await (await openLoginPage(other.link)).submit(credentials());
    const refused = await exchange({ code: shownCode(again.html), verifier: other.verifier, redirectUri });
    expect([refused.status, refused.body.code]).toEqual([400, 'login_code_foreign']);
  });

  it('works once: the second use ends the session that the first one gave', async () => {
    const { code, verifier } = await newCode();
    const first = await exchange({ code, verifier, redirectUri });
    expect(first.status).toBe(200);
    const second = await exchange({ code, verifier, redirectUri });
    expect([second.status, second.body.code]).toEqual([400, 'login_code_used']);
    const refreshed = await stack.call('POST', '/auth/refresh', { body: { refreshToken: first.body.refreshToken } });
    expect(refreshed.status).toBe(401);
  });

  it('is given to one of many who come at the same moment', async () => {
    const { code, verifier } = await newCode();
    const answers = await Promise.all([1, 2, 3, 4].map(() => exchange({ code, verifier, redirectUri })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
  });

  it('is over when it comes with another verifier', async () => {
    const { code, verifier } = await newCode();
    const stolen = await exchange({ code, verifier: newVerifier(), redirectUri });
    expect([stolen.status, stolen.body.code]).toEqual([400, 'login_code_foreign']);
    expect((await exchange({ code, verifier, redirectUri })).body.code).toBe('login_code_used');
  });

  it('ends with its time, and is forgotten an hour later', async () => {
    const { code, verifier } = await newCode();
    const { rows } = await stack.owner.query(
      'select extract(epoch from expires_at - created_at)::int as seconds from private.login_codes order by created_at desc limit 1',
    );
    expect(rows).toEqual([{ seconds: 60 }]);
    await stack.owner.query("update private.login_codes set expires_at = now() - interval '1 second'");
    expect((await exchange({ code, verifier, redirectUri })).body.code).toBe('login_code_expired');
    await stack.owner.query("update private.login_codes set created_at = now() - interval '61 minutes'");
    await newCode();
    expect((await exchange({ code, verifier, redirectUri })).body.code).toBe('login_code_unknown');
    expect((await exchange({ code: 'nonsense', verifier: 'short' })).body.errors[0].path).toBe('verifier');
  });

  it('is nothing to anybody but the platform', async () => {
    const asUser = stack.as(ann.token);
    const { error } = await asUser.rpc('use_login_code', { p_hash: 'x', p_challenge: 'x', p_redirect_uri: null });
    expect(error?.code).toBe('42501');
  });
});

describe('the command line', () => {
  const cli = new StackCli();
  afterAll(() => cli.close());
  let eve: User;
  beforeAll(async () => {
    eve = await stack.user('eve');
  });
  const browser = (does: Person['does']) => makeBrowser(join(cli.home, does), { ...eve, does });
  const login = (env: Record<string, string>, ...more: string[]) =>
    cli.run(['login', stack.url, '--name', 'eve', '--browser', ...more], { env });
  const contexts = join(cli.home, 'config', 'contexts.json');

  it.each([
    ['cancel', 3, 'cancelled in the browser', 'sfp login'],
    ['answer another login', 1, 'login_state_mismatch', 'Close the login pages'],
  ] as const)('%s: ends, and says so in the terminal and in the browser', async (does, code, said, next) => {
    const { env, page } = browser(does);
    const run = await login(env);
    expect([run.exitCode, run.stderr]).toEqual([code, expect.stringContaining(said)]);
    expect(run.stderr).toContain(next);
    expect(await waitForPage(page)).toContain('The login did not work');
    expect(existsSync(contexts)).toBe(false);
  });

  it('logs in through the browser of this machine', async () => {
    const { env, page } = browser('log in');
    const run = await login(env, '--json');
    expect([run.exitCode, JSON.parse(run.stdout)]).toEqual([0, { context: 'eve', url: stack.url, user: eve.email }]);
    const left = await waitForPage(page);
    expect(left).toContain('You are logged in');
    expect(left).toContain('nobody listens');
    expect(left).toContain("default-src 'none'");
    expect((await cli.run(['--context', 'eve', 'whoami'])).stdout).toContain(eve.email);
    // What the browser's history keeps is used up, and ends the session of whoever tries it.
    expect(run.stderr).not.toContain('sfp_login_');
    expect(readFileSync(contexts, 'utf8')).not.toContain('sfp_login_');
  });

  it('answers one request of one path', async () => {
    const { env, page } = browser('look at another path first');
    expect((await login(env)).exitCode).toBe(0);
    expect(await waitForPage(page)).toMatch(/^404\n404\n/);
  });

  it('shows a link and takes the code where the browser is elsewhere', async () => {
    const withoutBrowser = spawn(
      process.execPath,
      ['cli/main.ts', 'login', stack.url, '--name', 'far', '--no-browser', '--code-stdin'],
      { env: { ...process.env, ...cli.env }, stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let said = '';
    withoutBrowser.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    const ended = new Promise((resolve) => withoutBrowser.once('close', resolve));
    try {
      const link = await waitFor(async () => /http\S+code_challenge\S+/.exec(said)?.[0], {
        timeoutMs: 20_000,
        what: 'the link',
      });
      const page = await openLoginPage(link);
      const { html } = await page.submit({ email: eve.email, password: eve.password });
      withoutBrowser.stdin.end(`${shownCode(html)}\n`);
      expect([await ended, said.includes('sfp_login_')]).toEqual([0, false]);
    } finally {
      withoutBrowser.kill();
    }
    expect((await cli.run(['--context', 'far', 'whoami'])).stdout).toContain(eve.email);
  });

  it('says what is wrong with a code, and what to do without a browser or a terminal', async () => {
    const mistyped = await cli.run(['login', stack.url, '--no-browser', '--code-stdin'], { input: 'sfp_login_x' });
    expect([mistyped.exitCode, mistyped.stderr]).toEqual([1, expect.stringContaining('(login_code_invalid)')]);
    const nobody = await cli.run(['login', stack.url, '--no-browser', '--no-input']);
    expect([nobody.exitCode, nobody.stderr]).toEqual([2, expect.stringContaining('--code-stdin')]);
    const none = await login({ PATH: cli.home });
    expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('(input_required)')]);
    const both = await cli.run(['login', stack.url, '--browser', '--email', 'x@example.test']);
    expect([both.exitCode, both.stderr]).toEqual([2, expect.stringContaining('more than one way')]);
  });

  it('stops waiting at Ctrl-C, and says what to do next', async () => {
    const { env } = makeBrowser(join(cli.home, 'closed'), { ...eve, does: 'close the page' });
    const waiting = spawn(process.execPath, ['cli/main.ts', 'login', stack.url, '--browser'], {
      env: { ...process.env, ...cli.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    waiting.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    const ended = new Promise((resolve) => waiting.once('close', resolve));
    await waitFor(async () => said.includes('Log in in the browser'), { timeoutMs: 20_000, what: 'the link' });
    waiting.kill('SIGINT');
    expect([await ended, said]).toEqual([3, expect.stringContaining('Log in again: sfp login')]);
  });

  const waitForPage = (page: () => string): Promise<string> =>
    waitFor(page, { timeoutMs: 10_000, what: 'the page that stayed in the browser' });
});
