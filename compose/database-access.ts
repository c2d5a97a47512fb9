import { SfpError } from '../contracts/error.ts';
import { rolePassword } from '../stack/role-password.ts';
import type { Stack } from '../stack/stack.ts';
import { DatabaseSession, superuser } from './database-session.ts';
import { compose } from './engine/compose-command.ts';
import { runningContainer } from './engine/exec-in-service.ts';

const startSeconds = 300;

/** Uses the stack's database; one that does not run is started for the work, alone, and stopped after it. */
export async function withDatabase<Result>(
  stack: Stack,
  { signal }: { signal?: AbortSignal | undefined },
  work: () => Promise<Result>,
): Promise<Result> {
  const { layout } = stack;
  if ((await runningContainer(layout, 'db')) !== null) return work();
  const stop = () => compose(layout, { args: ['stop', 'db'], failure: 'The database could not be stopped.' });
  let result: Result;
  try {
    await compose(layout, {
      // With the job that seeds the Vault root key, which has to be before it.
      args: ['up', '--detach', '--wait', `--wait-timeout=${startSeconds}`, '--pull=never', '--no-build', 'db'],
      failure: 'The database could not be started.',
      signal,
    });
    result = await work();
  } catch (error) {
    await stop().catch(() => undefined); // why the work failed says more
    throw error;
  }
  await stop();
  return result;
}

/** Those that services log in as; database-setup.sql gives them the same at every start. */
const loginRoles = [superuser, 'supabase_auth_admin', 'authenticator', 'postgres', 'hatchet'] as const;

/**
 * Gives every login role the password that belongs to this `databasePassword` of secrets.json, all or none: services are
 * restarted with theirs alone, without the job that prepares the database. May be called again after a crash, whether it
 * had come through or not.
 */
export async function setDatabasePassword(stack: Stack, databasePassword: string): Promise<void> {
  const passwords = loginRoles.map((role) => `alter role ${role} password '${rolePassword(databasePassword, role)}';`);
  await withDatabase(stack, {}, async () => {
    const session = await openWithEither(stack, rolePassword(databasePassword, superuser));
    await session.query(`do $roles$ begin ${passwords.join(' ')} end $roles$`).finally(() => session.close());
  });
}

async function openWithEither(stack: Stack, other: string): Promise<DatabaseSession> {
  try {
    return await DatabaseSession.open(stack);
  } catch (error) {
    if (!(error instanceof SfpError) || error.code !== 'database_unreachable') throw error;
    return DatabaseSession.open(stack, other);
  }
}
