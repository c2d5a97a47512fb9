import type { StackRuntime } from '../runtime.ts';
import { serverCommand } from '../server-command.ts';
import type { Stack } from '../stack.ts';
import { readState } from '../state.ts';
import type { Check } from './check.ts';

/** Whether what the stack would start with is what its settings and secrets say. Reads only. */
export const installedFilesCheck = (stack: Stack, runtime: StackRuntime, platformVersion: string): Check => ({
  id: 'installed-files',
  title: 'Installed files',
  severity: 'warning',
  run: async () => {
    const installed = readState(stack.layout)?.platformVersion ?? null;
    if (installed !== platformVersion) {
      const evidence =
        installed === null ? 'nothing is installed yet' : `version ${installed}; this sfp is ${platformVersion}`;
      return { ok: true, evidence };
    }
    const { files } = await runtime.plan(stack);
    const changes = files.map(({ path, change }) => `${path} (${change})`);
    return {
      ok: changes.length === 0,
      evidence: changes.length === 0 ? 'as settings and secrets say' : `a start would write: ${changes.join(', ')}`,
      remedy: `Settings were changed, or a rendered file was edited by hand. Apply the settings: ${serverCommand(stack.layout, 'restart')}`,
    };
  },
});
