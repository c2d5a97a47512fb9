import { createApiClient } from '../../client/api/client.ts';
import { applicationTokenCredentials } from '../../client/auth/application-token-credentials.ts';
import { createAuthApi } from '../../client/auth/auth-api.ts';
import type { Session } from '../../contracts/api/auth.ts';
import { isApplicationToken } from '../../contracts/application-token.ts';
import { SfpError } from '../../contracts/error.ts';
import type { CommandServices } from '../command.ts';
import { defineCommand } from '../command.ts';
import { userAgent } from '../context/connect.ts';
import type { Context } from '../context/context.ts';
import { originOf } from '../context/server-url.ts';
import { passwordOf, passwordOptions } from '../input/password.ts';
import { loginElsewhere, loginInBrowser } from '../login/browser-login.ts';
import { hasBrowser } from '../login/open-browser.ts';
import { UsageError } from '../usage-error.ts';

export const command = defineCommand({
  description:
    'On a terminal it logs in through the browser, or with a password when you type your e-mail address. Where the browser is on another machine, --no-browser gives a link and asks for the code that the page shows. A password, a code or a token is never an option’s value, where other users and the shell’s history would see it.',
  args: {
    url: { summary: 'The server, e.g. https://deploy.example.com; the current one when left out', optional: true },
  },
  options: {
    name: { type: 'string', value: 'name', summary: 'Save it under this name; the host’s name when left out' },
    browser: { type: 'flag', summary: 'Log in through the browser of this machine' },
    noBrowser: { type: 'flag', summary: 'Log in through a browser elsewhere: show a link, ask for its code' },
    codeStdin: { type: 'flag', summary: 'With --no-browser: read the code from stdin' },
    email: { type: 'string', value: 'email', summary: 'Who you are, for a login with a password' },
    ...passwordOptions,
    tokenStdin: { type: 'flag', summary: 'Log in with an application token, read from stdin' },
  },
  examples: [
    'sfp login https://deploy.example.com',
    'sfp login https://deploy.example.com --no-browser',
    'sfp login http://127.0.0.1:8000 --token-stdin < token.txt',
  ],
  async run(context) {
    const { args, options, contexts, output } = context;
    requireOneWay(options);
    const saved = await contexts.read();
    const current = saved.contexts.find(({ name }) => name === (context.contextName ?? saved.current));
    const url = originOf(args.url ?? current?.url, 'sfp login https://deploy.example.com');
    const same = saved.contexts.find((entry) => entry.url === url);
    const name = options.name ?? context.contextName ?? same?.name ?? new URL(url).host.replace(/:/g, '-');
    const { publishableKey, tenant } = await createApiClient({ url, userAgent: userAgent() }).config();
    const base = { name, url, publishableKey, tenant };
    const { saved: entry, who } = options.tokenStdin
      ? await withToken(context, base)
      : await withSession(context, base, options);
    await contexts.save(entry, { use: true });
    output.result({ context: name, url, user: who }, `Logged in to ${name} (${url}) as ${who}.\n`);
  },
});

type Base = Pick<Context, 'name' | 'url' | 'publishableKey' | 'tenant'>;
interface Options {
  browser: boolean;
  noBrowser: boolean;
  codeStdin: boolean;
  email: string | undefined;
  passwordStdin: boolean;
  passwordFile: string | undefined;
}

const givesPassword = ({ email, passwordStdin, passwordFile }: Options): boolean =>
  passwordStdin || email !== undefined || passwordFile !== undefined;

function requireOneWay(options: Options & { tokenStdin: boolean }): void {
  const browser = options.browser || options.noBrowser || options.codeStdin;
  if ([browser, givesPassword(options), options.tokenStdin].filter(Boolean).length > 1) {
    throw new UsageError('That is more than one way to log in.', 'Choose one. See: sfp login --help');
  }
  if (options.codeStdin && !options.noBrowser) {
    throw new UsageError('--code-stdin goes with --no-browser.', 'Run: sfp login --no-browser --code-stdin');
  }
}

async function withToken({ input }: CommandServices, base: Base): Promise<{ saved: Context; who: string }> {
  const token = (await input.readAll()).trim();
  if (!isApplicationToken(token)) {
    throw new SfpError({
      code: 'token_invalid',
      message: 'That is not an application token, or a letter of it is wrong.',
      suggestion: 'Make one with: sfp token create <name>',
    });
  }
  const auth = createAuthApi({ url: base.url, userAgent: userAgent() });
  const credentials = applicationTokenCredentials({ token, exchange: auth.exchange });
  const me = await createApiClient({ url: base.url, credentials, userAgent: userAgent() }).me();
  return { saved: { ...base, applicationToken: token }, who: me.user.email };
}

type Way = { by: 'browser' | 'elsewhere' } | { by: 'password'; email: string | undefined };

/** What the options say; on a terminal where they say nothing, what the person answers. */
async function wayOf({ input, env }: CommandServices, options: Options): Promise<Way> {
  if (options.browser || options.noBrowser) return { by: options.browser ? 'browser' : 'elsewhere' };
  if (givesPassword(options) || !input.canAsk) return { by: 'password', email: options.email };
  const here = hasBrowser(env, process.platform);
  const question = `Press Enter to log in through ${here ? 'the' : 'a'} browser, or type your e-mail address to log in with a password:`;
  const typed = (await input.text(question, '--email')).trim();
  if (typed !== '') return { by: 'password', email: typed };
  return { by: here ? 'browser' : 'elsewhere' };
}

async function withSession(
  services: CommandServices,
  base: Base,
  options: Options,
): Promise<{ saved: Context; who: string }> {
  const { input } = services;
  const auth = createAuthApi({ url: base.url, userAgent: userAgent() });
  const way = await wayOf(services, options);
  const login = { url: base.url, auth };
  let session: Session | undefined;
  if (way.by === 'password') {
    const email = way.email ?? (await input.text('Email:', '--email'));
    const password = await passwordOf(input, options, () => input.secret('Password:', '--password-stdin'));
    session = await auth.login(email.trim(), password);
  } else if (way.by === 'browser') session = await loginInBrowser(services, login);
  session ??= await loginElsewhere(services, login, options.codeStdin);
  const { accessToken, refreshToken, expiresAt, user } = session;
  return { saved: { ...base, session: { accessToken, refreshToken, expiresAt } }, who: user.email };
}
