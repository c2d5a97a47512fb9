import { existsSync } from 'node:fs';
import { SfpError } from '../../../contracts/error.ts';
import type { Check } from '../../../stack/checks/check.ts';
import { domainChecks } from '../../../stack/checks/domain.ts';
import { growthCheck } from '../../../stack/checks/growth.ts';
import { installedFilesCheck } from '../../../stack/checks/installed-files.ts';
import { machineChecks } from '../../../stack/checks/machine.ts';
import { stackConditionChecks } from '../../../stack/checks/stack-condition.ts';
import { stackFileChecks } from '../../../stack/checks/stack-files.ts';
import { stackLayout } from '../../../stack/layout.ts';
import { askGrowth } from '../../../stack/lifecycle/growth.ts';
import { baseDirCommand } from '../../../stack/server-command.ts';
import { openStack, type Stack } from '../../../stack/stack.ts';
import { platformVersion } from '../../platform-version.ts';
import { runtimeChecks, runtimeFor } from '../../runtime.ts';

/** The machine, the default runtime, and one stack when it is named: the same checks that init and start make. */
export function doctorChecks(baseDir: string, tenant: string | undefined): readonly Check[] {
  const machine = machineChecks(baseDir);
  if (tenant === undefined) return [...machine, ...runtimeChecks()];
  const layout = stackLayout(baseDir, tenant);
  if (!existsSync(layout.dir)) {
    throw new SfpError({
      code: 'stack_not_found',
      message: `There is no stack "${tenant}" in ${baseDir}.`,
      suggestion: `List the stacks with \`${baseDirCommand(baseDir, 'server list')}\`.`,
    });
  }
  const stack = openIfWhole(baseDir, tenant);
  const ofFiles = [...machine, ...stackFileChecks(layout), ...stackConditionChecks(layout)];
  if (stack === null) return [...ofFiles, ...runtimeChecks()];
  const { domain } = stack.settings;
  const runtime = runtimeFor(stack);
  return [
    ...ofFiles,
    ...runtime.checks(stack),
    growthCheck(layout, () => askGrowth(stack)),
    installedFilesCheck(stack, runtime, platformVersion()),
    ...(domain === undefined ? [] : domainChecks(domain)),
  ];
}

/** Null for a damaged stack: the checks of its files say what is wrong with it. */
function openIfWhole(baseDir: string, tenant: string): Stack | null {
  try {
    return openStack(baseDir, tenant);
  } catch (error) {
    if (error instanceof SfpError) return null;
    throw error;
  }
}
