import { SfpError } from '../../../contracts/error.ts';
import type { StackLayout } from '../../layout.ts';
import { serverCommand } from '../../server-command.ts';
import { readState } from '../../state.ts';

/** Refuses to write for a stack what another version of its services would read. */
export function assertInstalledVersion(layout: StackLayout, platformVersion: string): void {
  const installed = readState(layout)?.platformVersion ?? platformVersion;
  if (installed === platformVersion) return;
  throw new SfpError({
    code: 'version_differs',
    message: `Stack "${layout.tenant}" has version ${installed}, this is sfp ${platformVersion}; nothing was changed.`,
    suggestion: `Update it first: ${serverCommand(layout, 'update')}. Or use sfp ${installed}.`,
  });
}
