import type { Stack } from '../../stack/stack.ts';
import { withDatabase } from '../database-access.ts';
import { DatabaseSession } from '../database-session.ts';
import { ensureCanary, readCanary } from './canary.ts';

/** The canary of a stack, as its own Vault decrypts it. */
export const vaultCanary = (stack: Stack, { make } = { make: false }): Promise<string | null> =>
  withDatabase(stack, {}, async () => {
    const session = await DatabaseSession.open(stack);
    return (make ? ensureCanary(session) : readCanary(session)).finally(() => session.close());
  });
