import type { StackRuntime } from '../../runtime.ts';
import { passwordDigest } from '../../secrets/password-digest.ts';
import { requireStoredSecrets, writeStoredSecrets } from '../../secrets.ts';
import { openStack, type Stack } from '../../stack.ts';
import type { Step } from '../step.ts';

/** A database password that the database may not have yet: of an interrupted rotation, or another one that is supplied now. */
function pendingPassword({ layout, supplied }: Stack): string | null {
  const { rotation, databaseAccepts } = requireStoredSecrets(layout);
  if (rotation?.next !== undefined) return rotation.next.databasePassword;
  const given = supplied?.databasePassword;
  return given === undefined || passwordDigest(given) === databaseAccepts ? null : given;
}

/**
 * Brings a pending password into the database and then into the file, and answers the stack with it; null when none is
 * pending. May be called again after a kill in it: until the file says so, it is pending.
 */
export async function applyPendingPassword(stack: Stack, runtime: StackRuntime): Promise<Stack | null> {
  const pending = pendingPassword(stack);
  if (pending === null) return null;
  await runtime.setDatabasePassword(stack, pending);
  const {
    rotation,
    databasePassword: _before,
    databaseAccepts: _digest,
    ...others
  } = requireStoredSecrets(stack.layout);
  const isSupplied = stack.supplied?.databasePassword !== undefined;
  writeStoredSecrets(stack.layout, {
    ...others,
    ...(isSupplied ? { databaseAccepts: passwordDigest(pending) } : { databasePassword: pending }),
    ...(rotation === undefined ? {} : { rotation: { ...rotation, next: undefined } }),
  });
  return openStack(stack.layout.baseDir, stack.layout.tenant);
}

interface PasswordContext {
  stack: Stack;
  runtimeFor(stack: Stack): StackRuntime;
}

/** What a start has to do first; nothing, as a rule. */
export const pendingPasswordSteps = (stack: Stack): readonly Step<PasswordContext>[] =>
  pendingPassword(stack) === null ? [] : [passwordStep];

const passwordStep: Step<PasswordContext> = {
  name: 'database-password',
  title: 'Bring the database its password',
  async run(context) {
    context.stack = (await applyPendingPassword(context.stack, context.runtimeFor(context.stack))) ?? context.stack;
  },
};
