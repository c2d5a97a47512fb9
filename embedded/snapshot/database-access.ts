import pg from 'pg';
import { pino } from 'pino';
import { SfpError } from '../../contracts/error.ts';
import { rolePassword } from '../../stack/role-password.ts';
import { serverCommand } from '../../stack/server-command.ts';
import type { Stack } from '../../stack/stack.ts';
import { isInitialised } from '../postgres/cluster.ts';
import { runningPostmaster } from '../postgres/postmaster-pid.ts';
import { stackPostgres } from '../postgres-service.ts';
import { postgresDataDir } from '../stack-end.ts';
import { supervisorPlace } from '../supervisor/place.ts';
import { supervisorPid } from '../supervisor-process.ts';

const superuser = 'supabase_admin';

/** Connections as the superuser to the database server of a stack. */
export interface DatabaseAccess {
  connect(replication?: true): Promise<pg.Client>;
}

/** Uses the stack's database server; one that does not run is started for the work and stopped after it. */
export async function withDatabase<Result>(
  stack: Stack,
  work: (access: DatabaseAccess) => Promise<Result>,
): Promise<Result> {
  const dataDir = postgresDataDir(stack.layout);
  if ((await runningPostmaster(dataDir)) !== undefined) return work(accessOf(stack));
  if (supervisorPid(stack.layout) !== null) throw databaseDown(stack, 'the stack runs, its database does not');
  if (!(await isInitialised(dataDir))) throw databaseDown(stack, `${dataDir} holds no database`);
  const postgres = stackPostgres(stack, pino({ level: 'silent' }));
  await postgres.start();
  try {
    return await work(accessOf(stack));
  } finally {
    await postgres.stop();
  }
}

const accessOf = (stack: Stack): DatabaseAccess => ({
  async connect(replication) {
    const { layout, settings, secrets } = stack;
    const config: pg.ClientConfig & { replication?: string } = {
      host: supervisorPlace(layout).postgresSocketDir,
      port: settings.ports.postgres,
      user: superuser,
      database: 'postgres',
      password: rolePassword(secrets.databasePassword, superuser),
      application_name: 'sfp_backup',
      connectionTimeoutMillis: 10_000,
      ...(replication === undefined ? {} : { replication: 'true' }),
    };
    const client = new pg.Client(config);
    // Queries fail by themselves when the connection is lost; without a listener the event would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      throw databaseDown(stack, error instanceof Error ? error.message : String(error));
    }
    return client;
  },
});

const databaseDown = ({ layout }: Stack, detail: string): SfpError =>
  new SfpError({
    code: 'database_unreachable',
    message: `The database of stack "${layout.tenant}" cannot be reached.`,
    detail,
    suggestion: `Look at \`${serverCommand(layout, 'status')}\`, remove the cause and run the command again.`,
  });
