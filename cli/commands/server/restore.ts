import { SfpError } from '../../../contracts/error.ts';
import { defineCommand } from '../../command.ts';
import { passphraseOptions, requirePassphrase } from './backup-passphrase.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'Puts a backup in the place of the stack, or makes the stack from it where there is none, and starts it. What was there before is kept aside until schema, Vault and login have proven to work, and put back when they do not. Run it again to finish one that was interrupted.',
  options: {
    ...stackOptions,
    from: {
      type: 'string',
      value: 'backup',
      summary: 'Directory of the backup, or its name in the stack’s "backups"; the newest there when left out',
    },
    ...passphraseOptions,
    yes: { type: 'flag', short: 'y', summary: 'Do not ask' },
  },
  examples: [
    'sfp server restore --tenant acme',
    'sfp server restore -t acme --from /mnt/backups/20260131T020000Z-0.1.0',
  ],
  async run({ options, output, input, env, contexts, signal }) {
    const { tenant } = options;
    const [
      { existsSync },
      { findBackup },
      { restoreStack },
      { resolveBaseDir },
      { stackRuntime },
      { platformVersion },
      { stackLayout },
      { publicUrl },
    ] = await Promise.all([
      import('node:fs'),
      import('../../../stack/backup/catalogue.ts'),
      import('../../../stack/lifecycle/restore.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
      import('../../platform-version.ts'),
      import('../../../stack/layout.ts'),
      import('../../../stack/server-settings.ts'),
    ]);
    const baseDir = resolveBaseDir(options.baseDir);
    const layout = stackLayout(baseDir, tenant);
    const backup = await findBackup(layout, options.from);
    const { createdAt } = backup.manifest;
    const question = `Replace stack ${tenant} in ${layout.dir} by its state of ${createdAt}?`;
    if (existsSync(layout.serverFile) && !options.yes && !(await input.confirm(question, '--yes'))) {
      throw new SfpError({ code: 'cancelled', message: 'Nothing was changed.' });
    }
    const { stack, session } = await restoreStack({
      baseDir,
      tenant,
      backup,
      passphrase: () => requirePassphrase({ input, env }, options),
      runtimeNamed: stackRuntime,
      platformVersion: platformVersion(),
      signal,
      progress: lifecycleProgress(output),
    });
    const url = publicUrl(stack.settings);
    const saved = (await contexts.read()).contexts.find(({ name }) => name === tenant);
    // A login to a server elsewhere may have the same name and stays.
    const ours = saved === undefined || new URL(saved.url).hostname === '127.0.0.1' || saved.url === url;
    if (session !== null && ours) {
      const { accessToken, refreshToken, expiresAt } = session;
      const { publishableKey } = stack.secrets;
      await contexts.save(
        { name: tenant, tenant, url, publishableKey, session: { accessToken, refreshToken, expiresAt } },
        { use: true },
      );
    }
    output.result(
      { tenant, status: 'running', url, dir: layout.dir, from: backup.path, createdAt },
      `Stack ${tenant} runs at ${url}, as it was at ${createdAt}.\n`,
    );
    if (session === null) output.hint(`Log in again with: sfp login ${url}`);
  },
});
