import type { Stack } from '../../stack/stack.ts';
import { readCanary } from './canary.ts';
import { withDatabase } from './database-access.ts';

/** The canary of a stack, as its own Vault decrypts it. */
export const vaultCanary = (stack: Stack): Promise<string | null> =>
  withDatabase(stack, async (access) => {
    const client = await access.connect();
    return readCanary(client).finally(() => client.end());
  });
