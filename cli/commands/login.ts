import { createApiClient } from '../../client/api/client.ts';
import { applicationTokenCredentials } from '../../client/auth/application-token-credentials.ts';
import { createAuthApi } from '../../client/auth/auth-api.ts';
import { isApplicationToken } from '../../contracts/application-token.ts';
import { SfpError } from '../../contracts/error.ts';
import type { CommandServices } from '../command.ts';
import { defineCommand } from '../command.ts';
import { userAgent } from '../context/connect.ts';
import type { Context } from '../context/context.ts';
import { originOf } from '../context/server-url.ts';
import { passwordOf, passwordOptions } from '../input/password.ts';

export const command = defineCommand({
  description:
    'Asks for what is not given. A password or a token is never an option’s value, where other users and the shell’s history would see it.',
  args: {
    url: { summary: 'The server, e.g. https://deploy.example.com; the current one when left out', optional: true },
  },
  options: {
    name: { type: 'string', value: 'name', summary: 'Save it under this name; the host’s name when left out' },
    email: { type: 'string', value: 'email', summary: 'Who you are' },
    ...passwordOptions,
    tokenStdin: { type: 'flag', summary: 'Log in with an application token, read from stdin' },
  },
  examples: ['sfp login https://deploy.example.com', 'sfp login http://127.0.0.1:8000 --token-stdin < token.txt'],
  async run(context) {
    const { args, options, contexts, output } = context;
    const saved = await contexts.read();
    const current = saved.contexts.find(({ name }) => name === (context.contextName ?? saved.current));
    const url = originOf(args.url ?? current?.url, 'sfp login https://deploy.example.com');
    const same = saved.contexts.find((entry) => entry.url === url);
    const name = options.name ?? context.contextName ?? same?.name ?? new URL(url).host.replace(/:/g, '-');
    const { publishableKey, tenant } = await createApiClient({ url, userAgent: userAgent() }).config();
    const base = { name, url, publishableKey, tenant };
    const { saved: entry, who } = options.tokenStdin
      ? await withToken(context, base)
      : await withPassword(context, base, options);
    await contexts.save(entry, { use: true });
    output.result({ context: name, url, user: who }, `Logged in to ${name} (${url}) as ${who}.\n`);
  },
});

type Base = Pick<Context, 'name' | 'url' | 'publishableKey' | 'tenant'>;

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

async function withPassword(
  { input }: CommandServices,
  base: Base,
  options: { email: string | undefined; passwordStdin: boolean; passwordFile: string | undefined },
): Promise<{ saved: Context; who: string }> {
  const email = options.email ?? (await input.text('Email:', '--email'));
  const password = await passwordOf(input, options, () => input.secret('Password:', '--password-stdin'));
  const session = await createAuthApi({ url: base.url, userAgent: userAgent() }).login(email.trim(), password);
  const { accessToken, refreshToken, expiresAt, user } = session;
  return { saved: { ...base, session: { accessToken, refreshToken, expiresAt } }, who: user.email };
}
