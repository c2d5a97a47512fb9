import { defineCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'The services as the runtime sees them, the parts as the API finds them when it asks each, versions, pending migrations and the last backup.\nExit code: 0 when all of it works, 5 when it is stopped, partial, broken or cannot be asked, or an update or restore was interrupted.',
  options: stackOptions,
  examples: ['sfp server status --tenant acme', 'watch -n 5 sfp server status --tenant acme'],
  async run({ options, output }) {
    const [{ stackOverview }, { resolveBaseDir }, { runtimeFor }, { platformVersion }, { statusView }, advice] =
      await Promise.all([
        import('../../../stack/lifecycle/overview.ts'),
        import('../../../stack/base-dir.ts'),
        import('../../runtime.ts'),
        import('../../platform-version.ts'),
        import('./status-view.ts'),
        import('./status-advice.ts'),
      ]);
    const report = await stackOverview({
      baseDir: resolveBaseDir(options.baseDir),
      tenant: options.tenant,
      runtimeFor,
      platformVersion: platformVersion(),
    });
    output.result(report, statusView(report, new Date()));
    const { warnings, hints } = advice.statusAdvice(report);
    for (const warning of warnings) output.warn(warning);
    for (const hint of hints) output.hint(hint);
    return report.status === 'running' && report.problem === undefined ? exitCodes.ok : exitCodes.unhealthy;
  },
});
