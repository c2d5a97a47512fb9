import { readFile } from 'node:fs/promises';
import { SfpError } from '../../../contracts/error.ts';
import { type CommandServices, defineCommand } from '../../command.ts';
import { UsageError } from '../../usage-error.ts';
import { domainNeedsProd } from './domain-needs-prod.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';
import { chosenProvider, secretsOptions } from './secrets-options.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'Makes the stack, starts it, makes its administrator and account, and logs this CLI in. Run it again to finish one that was interrupted.',
  options: {
    ...stackOptions,
    mode: {
      type: 'string',
      value: 'mode',
      choices: ['dev', 'prod'],
      default: 'dev',
      summary: 'dev: this machine, no Docker; prod: Docker Compose',
    },
    runtime: {
      type: 'string',
      value: 'runtime',
      choices: ['embedded', 'compose'],
      summary: 'What it runs on, when not what the mode means',
    },
    port: { type: 'integer', value: 'port', min: 1, max: 65_535, summary: 'Public port; a free one when left out' },
    signup: {
      type: 'string',
      value: 'policy',
      choices: ['open', 'closed'],
      summary: 'Whether strangers may register; closed when left out',
    },
    domain: { type: 'string', value: 'host', summary: 'prod: the public host name, for which TLS is set up' },
    renderOnly: { type: 'flag', summary: 'prod: write every file of the stack and start nothing; needs no Docker' },
    ...secretsOptions,
    adminEmail: { type: 'string', value: 'email', summary: 'Administrator; admin@<tenant>.local when left out' },
    adminPasswordStdin: { type: 'flag', summary: 'Read the administrator’s password from stdin' },
    adminPasswordFile: {
      type: 'string',
      value: 'path',
      summary: 'Read it from a file; one is generated when neither is given',
    },
  },
  examples: [
    'sfp server init --tenant acme',
    'sfp server init --tenant acme --mode prod --domain deploy.example.com --render-only',
    'sfp server init -t acme --admin-password-stdin < password.txt',
  ],
  async run({ options, output, input, contexts, signal }) {
    const { tenant } = options;
    if (options.renderOnly) return (await import('./init-render.ts')).renderOnly(options, output);
    if (options.domain !== undefined && options.mode !== 'prod') throw domainNeedsProd();
    const [{ initStack }, { resolveBaseDir }, { stackRuntime }, { platformVersion }, { publicUrl }] = await Promise.all(
      [
        import('../../../stack/lifecycle/init.ts'),
        import('../../../stack/base-dir.ts'),
        import('../../runtime.ts'),
        import('../../platform-version.ts'),
        import('../../../stack/server-settings.ts'),
      ],
    );
    const runtime = stackRuntime(options.runtime ?? (options.mode === 'prod' ? 'compose' : 'embedded'));
    const result = await initStack({
      baseDir: resolveBaseDir(options.baseDir),
      tenant,
      mode: options.mode,
      runtime,
      domain: options.domain,
      platformVersion: platformVersion(),
      adminEmail: options.adminEmail ?? `admin@${tenant}.local`,
      adminPassword: await givenPassword(input, options),
      gatewayPort: options.port,
      ...(options.signup === undefined ? {} : { signup: options.signup }),
      secrets: await chosenProvider(options),
      signal,
      progress: lifecycleProgress(output),
    });
    const { settings, secrets, layout } = result.stack;
    const url = publicUrl(settings);
    const { user, accessToken, refreshToken, expiresAt } = result.session;
    await contexts.save(
      {
        name: tenant,
        tenant,
        url,
        publishableKey: secrets.publishableKey,
        session: { accessToken, refreshToken, expiresAt },
      },
      { use: true },
    );
    const administrator = {
      email: user.email,
      passwordFile: result.passwordGenerated ? layout.secretsFile : null,
    };
    output.result(
      { tenant, url, dir: layout.dir, account: { id: result.accountId, slug: tenant }, administrator, context: tenant },
      `Stack ${tenant} runs at ${url}; you are logged in as ${user.email}.\n`,
    );
    if (result.passwordGenerated) {
      output.info(`The administrator’s password is "adminPassword" in ${layout.secretsFile}, readable by you only.`);
    }
    const { serverCommand } = await import('../../../stack/server-command.ts');
    output.hint(`Next: sfp project create, then sfp deploy. Stop it with: ${serverCommand(layout, 'stop')}`);
  },
});

async function givenPassword(
  input: CommandServices['input'],
  options: { adminPasswordStdin: boolean; adminPasswordFile: string | undefined },
): Promise<string | undefined> {
  if (options.adminPasswordStdin && options.adminPasswordFile !== undefined) {
    throw new UsageError('Give the password once.', 'Use --admin-password-stdin or --admin-password-file.');
  }
  if (!options.adminPasswordStdin && options.adminPasswordFile === undefined) return undefined;
  const password = options.adminPasswordStdin
    ? await input.readAll()
    : (await readFile(options.adminPasswordFile ?? '', 'utf8')).replace(/\r?\n$/, '');
  if (password.length >= 8) return password;
  throw new SfpError({
    code: 'usage',
    message: 'The administrator’s password has fewer than 8 characters.',
    suggestion: 'Give a longer one, or leave the option out: one is generated.',
  });
}
