import { SfpError } from '../contracts/error.ts';
import type { Report } from '../stack/runtime.ts';
import type { Stack } from '../stack/stack.ts';

/** What the job that prepares the database ends with when the superuser's password is not the one of secrets.json. */
const isPasswordRefused = (error: unknown): boolean =>
  error instanceof SfpError &&
  error.message.startsWith('Service db-setup ') &&
  /password authentication failed for user "supabase_admin"/.test(error.detail ?? '');

/**
 * Starts; and where the database still has a password that nobody knows any more, gives it the stack's and starts again.
 * Inside its own container the database trusts who comes from 127.0.0.1, so the old one is not needed: whoever can start
 * a process in there has the data anyway.
 */
export async function withDatabasePassword(stack: Stack, report: Report, start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (!isPasswordRefused(error)) throw error;
    report('the database has another password than this stack: it gets the one of this stack');
    const { setDatabasePassword } = await import('./database-access.ts');
    await setDatabasePassword(stack, stack.secrets.databasePassword);
    await start();
  }
}
