import { defineCommand } from '../../command.ts';
import { exitCodes } from '../../exit-code.ts';
import { stackOptions } from './stack-options.ts';

export const command = defineCommand({
  description:
    'The processes as the supervisor sees them, and the parts as the API finds them when it asks each.\nExit code: 0 when all of it works, 5 when it is stopped, partial or broken.',
  options: stackOptions,
  async run({ options, output }) {
    const [{ stackStatus }, { resolveBaseDir }, { runtimeFor }, { statusView }] = await Promise.all([
      import('../../../stack/lifecycle/status.ts'),
      import('../../../stack/base-dir.ts'),
      import('../../runtime.ts'),
      import('./status-view.ts'),
    ]);
    const report = await stackStatus(resolveBaseDir(options.baseDir), options.tenant, runtimeFor);
    output.result(report, statusView(report, new Date()));
    if (report.problem !== undefined) {
      output.warn(report.problem.message);
      if (report.problem.suggestion !== undefined) output.hint(report.problem.suggestion);
    } else if (report.status === 'stopped') output.hint(`Start it with: sfp server start --tenant ${options.tenant}`);
    return report.status === 'running' ? exitCodes.ok : exitCodes.unhealthy;
  },
});
