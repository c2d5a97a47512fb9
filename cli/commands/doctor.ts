import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { baseDirOption } from './server/stack-options.ts';

export const command = defineCommand({
  description:
    'Checks this machine for both runtimes; with --tenant, that stack and what it runs on: the same checks that init, start and update make.\nExit code: 0 when nothing is wrong, 5 otherwise.',
  options: {
    tenant: { type: 'string', value: 'name', completes: 'tenant', short: 't', summary: 'Check this stack as well' },
    baseDir: baseDirOption,
  },
  async run({ options, output }) {
    const [{ doctorChecks }, { runChecks }, { resolveBaseDir }, { checksView }] = await Promise.all([
      import('./doctor/doctor-checks.ts'),
      import('../../stack/checks/check.ts'),
      import('../../stack/base-dir.ts'),
      import('./doctor/checks-view.ts'),
    ]);
    const checks = await runChecks(doctorChecks(resolveBaseDir(options.baseDir), options.tenant));
    const ok = checks.every((check) => check.ok || check.severity === 'warning');
    output.result({ ok, checks }, checksView(checks));
    return ok ? exitCodes.ok : exitCodes.unhealthy;
  },
});
