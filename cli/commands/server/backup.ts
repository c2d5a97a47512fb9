import { defineCommand } from '../../command.ts';
import { askNewPassphrase, givenPassphrase, passphraseOptions } from './backup-passphrase.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'Copies the databases, the Vault root key, secrets, settings and state, consistent at one moment, while the stack runs. A stopped stack can be backed up too. Encrypted when a passphrase is given (or SFP_BACKUP_PASSPHRASE is set); else it holds every secret of the stack in the clear, readable by you only.',
  options: {
    ...stackOptions,
    output: { type: 'string', value: 'dir', summary: 'Keep it in this directory instead of the stack’s own "backups"' },
    keep: { type: 'integer', value: 'n', min: 1, max: 10_000, summary: 'Afterwards remove all but the n newest there' },
    encrypt: { type: 'flag', summary: 'Encrypt; asks for a passphrase when none is given' },
    ...passphraseOptions,
  },
  examples: [
    'sfp server backup --tenant acme --keep 7',
    'sfp server backup -t acme --output /mnt/backups --passphrase-file /root/passphrase',
  ],
  async run({ options, output, input, env, signal }) {
    const { tenant } = options;
    const [{ backupStack }, { resolveBaseDir }, { runtimeFor }, { platformVersion }, { byteText }] = await Promise.all([
      import('../../../stack/lifecycle/backup.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
      import('../../platform-version.ts'),
      import('./backup-view.ts'),
    ]);
    const given = await givenPassphrase({ input, env }, options);
    const passphrase = given ?? (options.encrypt ? await askNewPassphrase({ input, env }) : undefined);
    const result = await backupStack({
      baseDir: resolveBaseDir(options.baseDir),
      tenant,
      runtimeFor,
      platformVersion: platformVersion(),
      output: options.output,
      passphrase,
      keep: options.keep,
      signal,
      progress: lifecycleProgress(output),
    });
    const kind = result.encrypted ? 'encrypted' : 'not encrypted';
    output.result({ tenant, ...result }, `${result.path}  ${byteText(result.bytes)}, ${kind}\n`);
    if (result.removed.length > 0) output.info(`Removed: ${result.removed.join(', ')}`);
    const { serverCommand } = await import('../../../stack/server-command.ts');
    const baseDir = resolveBaseDir(options.baseDir);
    output.hint(`Restore it with: ${serverCommand({ tenant, baseDir }, 'restore', '--from', result.path)}`);
  },
});
