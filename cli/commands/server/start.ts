import { defineCommand } from '../../command.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'Starts every part and waits until all are healthy; what a crash left behind is ended first. The stack runs on when this command has ended.',
  options: stackOptions,
  examples: ['sfp server start --tenant acme'],
  async run({ options, output, signal }) {
    const [{ startStack }, { resolveBaseDir }, { runtimeFor }, { platformVersion }, { publicUrl }] = await Promise.all([
      import('../../../stack/lifecycle/start.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
      import('../../platform-version.ts'),
      import('../../../stack/server-settings.ts'),
    ]);
    const { settings } = await startStack({
      baseDir: resolveBaseDir(options.baseDir),
      tenant: options.tenant,
      runtimeFor,
      platformVersion: platformVersion(),
      signal,
      progress: lifecycleProgress(output),
    });
    const url = publicUrl(settings);
    output.result({ tenant: options.tenant, status: 'running', url }, `Stack ${options.tenant} runs at ${url}\n`);
  },
});
