import { join } from 'node:path';
import type { StackLayout } from '../stack/layout.ts';
import { identify, isAlive } from '../stack/process-identity.ts';
import type { Report } from '../stack/runtime.ts';
import { runningPostmaster } from './postgres/postmaster-pid.ts';
import { endPostmaster } from './postgres/server-process.ts';
import { askStop } from './supervisor/control-client.ts';
import { endLeftovers, type Leftover } from './supervisor/leftovers.ts';
import { supervisorPlace } from './supervisor/place.ts';
import { within } from './supervisor/process-group.ts';
import { supervisorPid } from './supervisor-process.ts';

/** For what is not a worker's drain; a supervisor that takes longer is broken and is killed. */
const stopLimitMs = 90_000;
/** Orphans are not drained: workers' tasks are leased and go on after the next start. */
const leftoverGraceMs = 4_000;
const postgresLimitMs = 20_000;

export const postgresDataDir = (layout: StackLayout): string => join(layout.dataDir, 'postgres');

/** Ends every process of a stack, with its supervisor or without one. Needs none of its files, so it also ends a damaged stack. */
export async function endStack(
  layout: StackLayout,
  { report, drainTimeoutMs }: { report: Report; drainTimeoutMs: number },
): Promise<void> {
  const pid = supervisorPid(layout);
  const supervisor = pid === null ? null : identify(pid);
  if (supervisor !== null) {
    if (!(await askStop(supervisorPlace(layout).controlSocket))) process.kill(supervisor.pid, 'SIGTERM');
    report('the supervisor stops; workers finish or hand back what they do');
    const gone = await within(drainTimeoutMs + stopLimitMs, () => !isAlive(supervisor));
    if (!gone) process.kill(supervisor.pid, 'SIGKILL');
  }
  const left = await endOrphans(layout);
  if (left.length > 0) report(`ended ${left.length} processes that ran without a supervisor`);
}

/** Ends what runs without a supervisor: everything that needs the database first, so that it can still tidy up there. */
export async function endOrphans(layout: StackLayout): Promise<Leftover[]> {
  const left = await endLeftovers(layout, leftoverGraceMs, 'postgres');
  await endLeftoverPostgres(layout);
  return [...left, ...(await endLeftovers(layout, leftoverGraceMs))];
}

/** Postgres does not carry the stack's marker and has its own way to be found: the lock file of its data directory. */
async function endLeftoverPostgres(layout: StackLayout): Promise<void> {
  const dataDir = postgresDataDir(layout);
  const pid = await runningPostmaster(dataDir);
  if (pid !== undefined) await endPostmaster(pid, dataDir, postgresLimitMs);
}
