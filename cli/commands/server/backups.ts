import { defineCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'The backups of one stack, newest first. Each is looked at: complete means that every file is there with its size; --verify reads every byte. Exit code 5 when one is damaged.',
  options: {
    ...stackOptions,
    from: { type: 'string', value: 'dir', summary: 'Look there instead of in the stack’s own "backups"' },
    verify: { type: 'flag', summary: 'Read everything and compare the checksums' },
  },
  examples: ['sfp server backups --tenant acme --verify'],
  async run({ options, output }) {
    const { tenant } = options;
    const [{ resolve }, { backupsDir, listBackups }, { resolveBaseDir }, { stackLayout }, { backupsView }] =
      await Promise.all([
        import('node:path'),
        import('../../../stack/backup/catalogue.ts'),
        import('../../../stack/base-dir.ts'),
        import('../../../stack/layout.ts'),
        import('./backup-view.ts'),
      ]);
    const layout = stackLayout(resolveBaseDir(options.baseDir), tenant);
    const directory = options.from === undefined ? backupsDir(layout) : resolve(options.from);
    const entries = await listBackups(directory, tenant, options.verify);
    output.result(entries, backupsView(entries, tenant));
    return entries.some(({ status }) => status === 'damaged') ? exitCodes.unhealthy : exitCodes.ok;
  },
});
