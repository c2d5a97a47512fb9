import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import pg from 'pg';
import { SfpError } from '../contracts/error.ts';
import { rolePassword } from '../stack/role-password.ts';
import { serverCommand } from '../stack/server-command.ts';
import type { Stack } from '../stack/stack.ts';
import { serverAccount } from './postgres/account.ts';
import { findBinaries } from './postgres/binaries.ts';
import { isInitialised, reachableBinaries } from './postgres/cluster.ts';
import { runningPostmaster } from './postgres/postmaster-pid.ts';
import { passwordStatements } from './postgres/roles.ts';
import { postgresDataDir } from './stack-end.ts';
import { supervisorPlace } from './supervisor/place.ts';

const superuser = 'supabase_admin';
const singleUserLimitMs = 120_000;

/**
 * Gives every login role the password that belongs to this `databasePassword`, all or none. May be called again after a
 * crash, whether it had come through or not: a running server is asked with the old one and with the new one, a stopped one
 * is opened without any.
 */
export async function setDatabasePassword(stack: Stack, databasePassword: string): Promise<void> {
  const statements = passwordStatements((role) => rolePassword(databasePassword, role));
  const dataDir = postgresDataDir(stack.layout);
  if ((await runningPostmaster(dataDir)) === undefined) return inSingleUser(stack, statements);
  const client = await connectWithEither(stack, databasePassword);
  // One message is one transaction.
  await client.query(statements.join(';')).finally(() => client.end());
  const proof = await connect(stack, databasePassword);
  await proof.end();
}

async function connectWithEither(stack: Stack, databasePassword: string): Promise<pg.Client> {
  try {
    return await connect(stack, stack.secrets.databasePassword);
  } catch (error) {
    if (!isRefused(error)) throw unreachable(stack, error);
  }
  try {
    return await connect(stack, databasePassword);
  } catch (error) {
    if (!isRefused(error)) throw unreachable(stack, error);
    throw new SfpError({
      code: 'database_password_unknown',
      message: 'The running database accepts neither the password of this stack nor the new one.',
      suggestion: `Restart the whole stack, which needs no password: ${serverCommand(stack.layout, 'restart')}`,
    });
  }
}

const isRefused = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '28P01';

async function connect({ layout, settings }: Stack, databasePassword: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: supervisorPlace(layout).postgresSocketDir,
    port: settings.ports.postgres,
    user: superuser,
    database: 'postgres',
    password: rolePassword(databasePassword, superuser),
    application_name: 'sfp_rotate',
    connectionTimeoutMillis: 10_000,
  });
  // Queries fail by themselves when the connection is lost; without a listener the event would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The server program on the data directory alone: no socket, no password, one line of SQL, which is one transaction. */
async function inSingleUser(stack: Stack, statements: readonly string[]): Promise<void> {
  const dataDir = postgresDataDir(stack.layout);
  if (!(await isInitialised(dataDir))) throw unreachable(stack, new Error(`${dataDir} holds no database`));
  const account = await serverAccount(undefined);
  const { postgres } = await reachableBinaries(await findBinaries(), account, dirname(dataDir));
  const server = spawn(postgres, ['--single', '-c', 'log_statement=none', '-D', dataDir, 'postgres'], {
    cwd: dataDir,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    timeout: singleUserLimitMs,
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  });
  let messages = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    messages += text;
  });
  // It may end before it has read; then its messages say why.
  server.stdin.on('error', () => undefined).end(`${statements.join(';')};\n`);
  const [code] = await once(server, 'close');
  // A failed statement does not change the exit code.
  if (code === 0 && !/\b(ERROR|FATAL|PANIC):/.test(messages)) return;
  throw unreachable(stack, new Error(messages.split('\n').filter(isFault).join('\n') || `it ended with ${code}`));
}

/** Not the lines with a statement, which hold verifiers. */
const isFault = (line: string): boolean => /\b(ERROR|FATAL|PANIC):/.test(line);

const unreachable = ({ layout }: Stack, error: unknown): SfpError =>
  new SfpError({
    code: 'database_unreachable',
    message: `The database of stack "${layout.tenant}" cannot be given another password.`,
    detail: error instanceof Error ? error.message : String(error),
    suggestion: `Look at \`${serverCommand(layout, 'status')}\`, remove the cause and run the command again.`,
  });
