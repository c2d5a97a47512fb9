import { defineCommand } from '../../command.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'Workers finish what they do, or hand it back after their drain limit; then everything else ends, the database last. No process is left.',
  options: stackOptions,
  async run({ options, output }) {
    const [{ stopStack }, { resolveBaseDir }, { runtimeFor }, { serverCommand }] = await Promise.all([
      import('../../../stack/lifecycle/stop.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
      import('../../../stack/server-command.ts'),
    ]);
    const { tenant } = options;
    const baseDir = resolveBaseDir(options.baseDir);
    await stopStack({
      baseDir,
      tenant,
      runtimeFor,
      progress: lifecycleProgress(output),
    });
    output.result({ tenant, status: 'stopped' }, `Stack ${tenant} is stopped.\n`);
    output.hint(`Start it again with: ${serverCommand({ tenant, baseDir }, 'start')}`);
  },
});
