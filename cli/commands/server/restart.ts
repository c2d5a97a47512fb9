import { defineCommand } from '../../command.ts';
import { lifecycleProgress } from './lifecycle-progress.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'The whole stack, or with --service only these services while the others run on. What needs another of them ends first; a worker finishes what it does, or hands it back after its drain limit. What is started reads server.json anew. Ends when all of it is healthy, with exit code 5 when it will not be.',
  options: {
    ...stackOptions,
    service: {
      type: 'list',
      value: 'name',
      completes: 'service',
      short: 's',
      summary: 'Only this service; may be given several times',
    },
  },
  examples: ['sfp server restart --tenant acme', 'sfp server restart -t acme -s worker-standard -s worker-long'],
  async run({ options, output, signal }) {
    const { tenant, service: services } = options;
    const [{ restartStack }, { resolveBaseDir }, { runtimeFor }, { platformVersion }, { publicUrl }] =
      await Promise.all([
        import('../../../stack/lifecycle/restart.ts'),
        import('../../../stack/base-dir.ts'),
        import('../../runtime.ts'),
        import('../../platform-version.ts'),
        import('../../../stack/server-settings.ts'),
      ]);
    const { settings } = await restartStack({
      baseDir: resolveBaseDir(options.baseDir),
      tenant,
      services,
      runtimeFor,
      platformVersion: platformVersion(),
      signal,
      progress: lifecycleProgress(output),
    });
    const url = publicUrl(settings);
    const what =
      services.length === 0 ? `Stack ${tenant} runs` : `${services.join(', ')} of stack ${tenant} restarted; it runs`;
    output.result(
      { tenant, status: 'running', url, restarted: services.length === 0 ? 'all' : services },
      `${what} at ${url}\n`,
    );
  },
});
