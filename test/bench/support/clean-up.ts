import { existsSync, readdirSync } from 'node:fs';
import { tenantsDir } from '../../../stack/layout.ts';
import type { Home } from '../../e2e/support/home.ts';
import { waitFor } from '../../support/wait.ts';

/** Aborted when somebody interrupts the bench: no command is begun any more. */
export const interrupted = new AbortController();

/** Destroys every stack of the home, also one that a command under way is just making and holds the lock of, then the home. */
export async function cleanUp(home: Home): Promise<void> {
  const dir = tenantsDir(home.path('base'));
  const tenants = existsSync(dir) ? readdirSync(dir).filter((name) => !name.startsWith('.')) : [];
  for (const tenant of tenants) {
    const destroyed = async (): Promise<boolean> =>
      (await home.sfp('server', 'destroy', '--tenant', tenant, '--yes')).code === 0 || !existsSync(`${dir}/${tenant}`);
    await waitFor(destroyed, { timeoutMs: 60_000, what: `the end of stack ${tenant}`, everyMs: 500 });
  }
  await home[Symbol.asyncDispose]();
}
