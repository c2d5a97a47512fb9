import { createApiClient } from '../../../client/api/client.ts';
import { createAuthApi } from '../../../client/auth/auth-api.ts';
import type { Session } from '../../../contracts/api/auth.ts';
import { SfpError } from '../../../contracts/error.ts';
import { type InvitationPreview, readInvitation } from '../../../contracts/invitation.ts';
import { type CommandServices, defineCommand } from '../../command.ts';
import { connect, userAgent } from '../../context/connect.ts';
import type { Context } from '../../context/context.ts';
import { originOf } from '../../context/server-url.ts';
import { passwordOf, passwordOptions, secretFile } from '../../input/password.ts';
import { UsageError } from '../../usage-error.ts';

export const command = defineCommand({
  description:
    'Asks for the link that you were given, and for a password: yours when there is a user with the invited address, a new one otherwise. Whoever is logged in with that address is asked for none. Link and password are never an option’s value, where other users and the shell’s history would see them.',
  options: {
    codeStdin: { type: 'flag', summary: 'Read the link or the code from stdin' },
    codeFile: { type: 'string', value: 'path', summary: 'Read the link or the code from a file' },
    url: { type: 'string', value: 'url', summary: 'The server, for a code without its link' },
    name: { type: 'string', value: 'name', summary: 'Save the login under this name; the host’s name when left out' },
    ...passwordOptions,
  },
  examples: [
    'sfp invitation accept',
    'sfp invitation accept --code-file invitation.txt --password-stdin < password.txt',
  ],
  async run(context) {
    const { contexts, output } = context;
    const { code, url: linked } = await codeOf(context, context.options);
    const saved = await contexts.read();
    const current = saved.contexts.find(({ name }) => name === (context.contextName ?? saved.current));
    const url = originOf(
      context.options.url ?? linked ?? current?.url,
      'sfp invitation accept --url https://deploy.example.com',
    );
    const open = createApiClient({ url, userAgent: userAgent() });
    const preview = await open.invitations.preview(code);
    const { account, role, email } = preview;
    const known = await loggedInAs(context, saved.contexts, url, email);
    const name = known ?? (await logIn(context, { preview, code, url, open }));
    // After signing up this only asks again, and gets the same answer.
    await (await connect({ ...context, contextName: name, env: {} })).api.invitations.accept(code);
    const text = `You are ${role} of ${account.name} (${account.slug}) on ${name}, as ${email}.\n`;
    output.result({ context: name, url, user: email, account, role }, text);
  },
});

async function codeOf(
  { input }: CommandServices,
  options: { codeStdin: boolean; codeFile: string | undefined; passwordStdin: boolean },
): Promise<{ code: string; url: string | undefined }> {
  if (options.codeStdin && options.passwordStdin) {
    throw new UsageError(
      'Only one of them can come from stdin.',
      'Read one from a file: --code-file or --password-file.',
    );
  }
  const text = options.codeStdin
    ? await input.readAll()
    : options.codeFile !== undefined
      ? await secretFile(options.codeFile, 'code')
      : await input.secret('Invitation link or code:', '--code-stdin');
  const invitation = readInvitation(text);
  if (invitation !== undefined) return invitation;
  throw new SfpError({
    code: 'invitation_code_invalid',
    message: 'That is not an invitation, or a letter of it is wrong.',
    suggestion: 'Copy the whole link that you were given, with what stands behind the #.',
  });
}

/** The saved login of this very user on this server, when there is one that still is good. */
async function loggedInAs(
  context: CommandServices,
  saved: readonly Context[],
  url: string,
  email: string,
): Promise<string | undefined> {
  for (const { name, session } of saved.filter((entry) => entry.url === url && entry.session !== undefined)) {
    if (session === undefined) continue;
    try {
      const { user } = await (await connect({ ...context, contextName: name, env: {} })).api.me();
      if (user.email.toLowerCase() === email) return name;
    } catch (error) {
      // A login that has ended is none; its user logs in anew below.
      if (!(error instanceof SfpError)) throw error;
    }
  }
  return undefined;
}

interface Invited {
  preview: InvitationPreview;
  code: string;
  url: string;
  open: ReturnType<typeof createApiClient>;
}

/** Logs the invited user in, making them when there is none, and saves the login; its name. */
async function logIn(
  context: CommandServices & {
    options: { name: string | undefined; passwordStdin: boolean; passwordFile: string | undefined };
  },
  { preview, code, url, open }: Invited,
): Promise<string> {
  const { input, contexts, options, output } = context;
  const { email, registered, account } = preview;
  output.info(`You are invited into ${account.name} as ${email}.`);
  const auth = createAuthApi({ url, userAgent: userAgent() });
  const session: Session = registered
    ? await auth.login(
        email,
        await passwordOf(input, options, () => input.secret(`Password of ${email}:`, '--password-stdin')),
      )
    : await auth.signUpInvited(code, await passwordOf(input, options, () => newPassword(context)));
  const { publishableKey, tenant } = await open.config();
  const same = (await contexts.read()).contexts.find((entry) => entry.url === url);
  const name = options.name ?? context.contextName ?? same?.name ?? new URL(url).host.replace(/:/g, '-');
  const { accessToken, refreshToken, expiresAt } = session;
  const entry = { name, url, publishableKey, tenant, session: { accessToken, refreshToken, expiresAt } };
  await contexts.save(entry, { use: true });
  return name;
}

async function newPassword({ input }: CommandServices): Promise<string> {
  const password = await input.secret('New password:', '--password-stdin');
  if (password === (await input.secret('The same again:', '--password-stdin'))) return password;
  throw new UsageError('The two are not the same.', 'Run it again: sfp invitation accept');
}
