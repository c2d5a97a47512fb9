import type { StackLayout } from '../../layout.ts';
import { requireStoredSecrets, settleSecrets } from '../../secrets.ts';
import { serverCommand } from '../../server-command.ts';
import { openStack, type Stack } from '../../stack.ts';

/**
 * The stack with its secrets in order, for a command that has the lock and starts something: secrets.json is private, and
 * the tokens in it belong to the keys that are supplied now.
 */
export function settledStack(
  { baseDir, tenant }: { baseDir: string; tenant: string },
  report: (message: string) => void,
): Stack {
  const { layout, settings } = openStack(baseDir, tenant);
  if (settleSecrets(layout, settings.secrets)) {
    report(`others could read ${layout.secretsFile}: its mode is 600 now`);
  }
  return openStack(baseDir, tenant);
}

/** Says how a rotation that was interrupted is finished. The stack works all the same. */
export function tellRotation(layout: StackLayout, report: (message: string) => void): void {
  const { rotation } = requireStoredSecrets(layout);
  if (rotation === undefined) return;
  report(`a rotation was interrupted; to finish and prove it: ${serverCommand(layout, `rotate ${rotation.kind}`)}`);
}
