import type { Report, StackRuntime } from '../runtime.ts';
import { serverCommand } from '../server-command.ts';
import type { Stack } from '../stack.ts';
import { readState } from '../state.ts';

/** The version of a stack: what was installed last, or what is going to be. */
export const installedVersion = ({ layout }: Stack, platformVersion: string): string =>
  readState(layout)?.platformVersion ?? platformVersion;

/**
 * Brings what is installed in line with the settings. A stack of another version is left as it is: only an update moves it.
 */
export async function installCurrent(
  runtime: StackRuntime,
  stack: Stack,
  { platformVersion, report }: { platformVersion: string; report: Report },
): Promise<void> {
  const installed = installedVersion(stack, platformVersion);
  if (installed === platformVersion) return runtime.install(stack);
  const { layout } = stack;
  report(
    `stack ${layout.tenant} has version ${installed}, this is sfp ${platformVersion}: \`${serverCommand(layout, 'update')}\` moves it`,
  );
}
