import { defineCommand } from '../../command.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'Workers finish what they do, or hand it back after their drain limit; then everything else ends, the database last. No process is left.',
  options: stackOptions,
  async run({ options, output }) {
    const [{ stopStack }, { resolveBaseDir }, { runtimeFor }] = await Promise.all([
      import('../../../stack/lifecycle/stop.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
    ]);
    const { tenant } = options;
    await stopStack({
      baseDir: resolveBaseDir(options.baseDir),
      tenant,
      runtimeFor,
      progress: lifecycleProgress(output),
    });
    output.result({ tenant, status: 'stopped' }, `Stack ${tenant} is stopped.\n`);
    output.hint(`Start it again with: sfp server start --tenant ${tenant}`);
  },
});
