import { spawn } from 'node:child_process';
import { closeSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { SfpError } from '../contracts/error.ts';
import type { StackLayout } from '../stack/layout.ts';
import { lockHolder } from '../stack/lock.ts';
import { serverCommand } from '../stack/server-command.ts';
import type { Stack } from '../stack/stack.ts';
import { inheritedEnv } from './inherited-env.ts';
import { nodeProcess } from './node-program.ts';
import { type Programs, recordRunning, supervisorFile } from './programs/programs.ts';
import { askStatus } from './supervisor/control-client.ts';
import type { ControlStatus } from './supervisor/control-protocol.ts';
import { clearFailure, readFailure } from './supervisor/failure-file.ts';
import { logEnd, logExcerpt } from './supervisor/log-excerpt.ts';
import { openLog } from './supervisor/log-file.ts';
import { supervisorPlace } from './supervisor/place.ts';
import { stackMarker } from './supervisor/process-table.ts';

/** Less than Postgres needs for one file of its log. */
const smallestSpaceBytes = 16 * 1024 * 1024;

/** Pid of the stack's supervisor, or null when none runs. */
export const supervisorPid = (layout: StackLayout): number | null =>
  lockHolder(supervisorPlace(layout).lockFile)?.pid ?? null;

/**
 * Starts a supervisor that does not depend on this process, from these programs; answers its pid, not its success. What a
 * provider supplies goes through a pipe: the supervisor outlives the environment and the terminal that it came from.
 */
export function spawnSupervisor(stack: Stack, programs: Programs): number {
  const { layout, supplied } = stack;
  clearFailure(supervisorPlace(layout).failureFile);
  // Before it runs: from then on nobody removes what it and its children are started from.
  recordRunning(layout, programs);
  const { program, args, env } = nodeProcess(supervisorFile(layout.baseDir, programs), 96, {
    ...inheritedEnv(process.env),
    NODE_COMPILE_CACHE: join(layout.runDir, 'compile-cache'),
    [stackMarker]: layout.dir,
  });
  const log = openLog(logFile(layout));
  try {
    const child = spawn(program, [...args, layout.baseDir, layout.tenant, programs.version], {
      cwd: layout.dir,
      env,
      detached: true,
      stdio: [supplied === undefined ? 'ignore' : 'pipe', log, log],
    });
    if (child.pid === undefined) throw new Error('the supervisor could not be started');
    // One that ends before it has read says why in its failure file.
    child.stdin?.on('error', () => undefined).end(JSON.stringify(supplied));
    child.unref();
    return child.pid;
  } finally {
    closeSync(log);
  }
}

/** What the supervisor says; null when it does not answer (yet, or any more). */
export const supervisorStatus = (layout: StackLayout): Promise<ControlStatus | null> =>
  askStatus(supervisorPlace(layout).controlSocket);

/** The same without memory figures: cheap enough to be asked often. */
export const supervisorProgress = (layout: StackLayout): Promise<ControlStatus | null> =>
  askStatus(supervisorPlace(layout).controlSocket, 'progress');

const logFile = ({ logsDir }: StackLayout): string => join(logsDir, 'supervisor.log');

/** Where the log of a supervisor that starts now begins. */
export const supervisorLogEnd = (layout: StackLayout): number => logEnd(logFile(layout));

/**
 * Why a supervisor ended instead of running the stack.
 * @param from where its log begins
 */
export function startFailure(layout: StackLayout, from: number): SfpError {
  const failure = readFailure(supervisorPlace(layout).failureFile);
  if (failure !== null) return new SfpError(failure);
  const file = logFile(layout);
  const { bavail, bsize } = statfsSync(layout.dir);
  // The supervisor could write neither the failure nor its log.
  if (bavail * bsize < smallestSpaceBytes) {
    return new SfpError({
      code: 'disk_full',
      message: `There is no space left on the file system of ${layout.dir}.`,
      suggestion: `Free space there (\`df -h ${layout.dir}\` shows how much there is) and start again.`,
    });
  }
  return new SfpError({
    code: 'stack_unhealthy',
    message: 'The supervisor ended before the stack was healthy.',
    detail: logExcerpt(file, 12, from),
    suggestion: `Read ${file}, then run \`${serverCommand(layout, 'start')}\` again.`,
  });
}
