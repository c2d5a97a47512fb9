import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StackLayout, stackId } from '../../stack/layout.ts';
import type { Supervisor } from './control-client.ts';

/** The supervisor's files of one stack. */
export interface SupervisorPlace {
  /** Sockets of the supervisor and of Postgres. Beside the stack when the path fits into a socket's address. */
  socketDir: string;
  controlSocket: string;
  postgresSocketDir: string;
  /** Held by the running supervisor. */
  lockFile: string;
  /** Why the last start failed; read by whoever waits for it. */
  failureFile: string;
}

// sun_path holds 104 bytes on macOS, 108 on Linux; Postgres adds "/.s.PGSQL.65535" to its directory.
const longestDir = 104 - 1 - '/pg/.s.PGSQL.65535'.length;

export function supervisorPlace(layout: StackLayout): SupervisorPlace {
  const beside = layout.runDir;
  const socketDir = Buffer.byteLength(beside) <= longestDir ? beside : join(tmpdir(), `sfp-${stackId(layout.dir)}`);
  return {
    socketDir,
    controlSocket: join(socketDir, 'control.sock'),
    postgresSocketDir: join(socketDir, 'pg'),
    lockFile: join(layout.runDir, 'supervisor.lock'),
    failureFile: join(layout.runDir, 'failure.json'),
  };
}

/** Whom to ask about a stack. */
export const supervisorOf = (layout: StackLayout): Supervisor => ({
  socket: supervisorPlace(layout).controlSocket,
  stack: layout,
});

/** Makes the directory of the sockets; refuses one in the shared temporary directory that somebody else made. */
export function makeSocketDir({ socketDir }: SupervisorPlace): void {
  mkdirSync(socketDir, { recursive: true, mode: 0o700 });
  const found = lstatSync(socketDir);
  const uid = process.getuid?.();
  if (!found.isDirectory() || (uid !== undefined && found.uid !== uid)) {
    throw new Error(`${socketDir} belongs to somebody else`);
  }
  // Postgres runs as another user when the operator is root; the umask may have taken its way.
  chmodSync(socketDir, 0o711);
}

/** Removes the sockets' directory when it is not part of the stack's own. */
export function removeSocketDir(layout: StackLayout, { socketDir }: SupervisorPlace): void {
  if (socketDir !== layout.runDir) rmSync(socketDir, { recursive: true, force: true });
}
