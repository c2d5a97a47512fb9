import type { RollbackTarget } from '../../../stack/lifecycle/rollback.ts';
import { defineCommand } from '../../command.ts';
import { table } from '../../output/table.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';
import { outliveTerminal } from './lost-terminal.ts';
import { stackOptions } from './stack-options.ts';
import { secondsText } from './update-view.ts';

export const command = defineCommand({
  description:
    'Goes back to the version before the last update. The data stay when the old version can run on them; else the data of the backup from before that update come back, and what was written since is saved as a backup first. Also the way out of an update that was interrupted, and run again it finishes a rollback that was.',
  options: {
    ...stackOptions,
    list: { type: 'flag', summary: 'Show what can be rolled back to' },
    yes: { type: 'flag', short: 'y', summary: 'Do not ask' },
    keepBackups: {
      type: 'integer',
      value: 'n',
      min: 1,
      max: 100,
      default: 3,
      summary: 'Keep so many of the backups that updates and rollbacks made',
    },
  },
  examples: ['sfp server rollback --tenant acme --list', 'sfp server rollback --tenant acme'],
  async run({ options, output, input, signal }) {
    const { tenant } = options;
    const [{ rollbackStack, rollbackTargets }, { resolveBaseDir }, { runtimeFor }, { platformVersion }] =
      await Promise.all([
        import('../../../stack/lifecycle/rollback.ts'),
        import('../../../stack/base-dir.ts'),
        import('../../runtime.ts'),
        import('../../platform-version.ts'),
      ]);
    const baseDir = resolveBaseDir(options.baseDir);
    if (options.list) {
      const targets = rollbackTargets(baseDir, tenant);
      output.result(targets, targetsView(targets, tenant));
      return;
    }
    outliveTerminal();
    const result = await rollbackStack({
      baseDir,
      tenant,
      runtimeFor,
      platformVersion: platformVersion(),
      keep: options.keepBackups,
      signal,
      progress: lifecycleProgress(output),
      async approve({ from, to, restoreReason, backup }) {
        const data =
          restoreReason === null
            ? 'the data stay'
            : `the data come from ${backup} (${restoreReason}); what was written since is saved as a backup first`;
        output.info(`${from} -> ${to}: ${data}`);
        return options.yes || input.confirm(`Roll ${tenant} back to ${to}?`, '--yes');
      },
    });
    const { from, to, restored, saved, downtimeMs } = result;
    const data = restored === null ? 'The data stayed.' : `The data are of the backup ${restored}.`;
    const downtime = downtimeMs === null ? '' : ` Clients were refused for ${secondsText(downtimeMs)}.`;
    const state = result.running ? 'runs' : 'is stopped, as it was before';
    output.result(
      { tenant, ...result },
      `Stack ${tenant} ${state}, on version ${to} (was ${from}). ${data}${downtime}\n`,
    );
    if (saved !== null) output.info(`What was written since is in the backup ${saved}`);
  },
});

const targetsView = (targets: readonly RollbackTarget[], tenant: string) =>
  table<RollbackTarget>(
    [
      { title: 'version', value: ({ version }) => version },
      { title: 'replaced by', value: ({ replacedBy }) => replacedBy },
      { title: 'at', value: ({ replacedAt }) => replacedAt },
      { title: 'next', value: ({ next }) => (next ? 'yes' : '') },
      { title: 'backup', value: ({ backup, backupThere }) => (backupThere ? backup : `gone: ${backup}`) },
    ],
    targets,
    `No update has replaced a version of ${tenant} yet.`,
  );
