import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../contracts/error.ts';
import type { StackLayout } from '../stack/layout.ts';
import { lockHolder } from '../stack/lock.ts';
import { portHolder } from '../stack/port-holder.ts';
import { identify, isAlive, type ProcessIdentity } from '../stack/process-identity.ts';
import type { Report } from '../stack/runtime.ts';
import type { Stack } from '../stack/stack.ts';
import { inheritedEnv } from './inherited-env.ts';
import { nodeProgram } from './node-program.ts';
import { loopback } from './roles/role.ts';
import { hold } from './stack-drain.ts';
import { restartServices } from './stack-restart.ts';
import { heldServices } from './supervisor/held-services.ts';
import { lastLines } from './supervisor/log-file.ts';
import { runProbe } from './supervisor/probe.ts';
import { signalProcess, within } from './supervisor/process-group.ts';
import { supervisorProgress } from './supervisor-process.ts';

/** What a stop may take beside the drain of its workers. */
const gatewayEndLimitMs = 60_000;
const endLimitMs = 2_000;
const pollMs = 20;

/** Held by the program as long as it runs. It does not carry the stack's marker: a stop of the stack leaves it. */
const lockFile = ({ runDir }: StackLayout): string => join(runDir, 'maintenance.lock');
const logFile = ({ runDir }: StackLayout): string => join(runDir, 'maintenance.log');

/** Pid of the program that answers in the place of the gateway, or waits for its port. */
export const maintenancePid = (layout: StackLayout): number | null => lockHolder(lockFile(layout))?.pid ?? null;

/** Resolves when every client gets the maintenance answer, or will as soon as the gateway ends. */
export async function showMaintenance(stack: Stack, { report }: { report: Report }): Promise<void> {
  const { layout, settings } = stack;
  const { gateway: role } = settings.roles;
  if (typeof role === 'object' && 'url' in role) {
    report(`the gateway is elsewhere (${role.url}): clients see what it answers`);
    return;
  }
  const shown = maintenancePid(layout) ?? spawnMaintenance(stack);
  const process = identify(shown);
  // Waiting for the port before the gateway lets it go: in between nobody would answer at all.
  while (maintenancePid(layout) === null && process !== null && isAlive(process)) await delay(pollMs);
  const gatewayEnds = await endGateway(stack);
  const answers = async (): Promise<boolean> => (await runProbe(probe(settings.ports.gateway), 1_000)).ok;
  while (!(await answers())) {
    if (process === null || !isAlive(process)) throw notShown(stack);
    // The supervisor cannot end the gateway by itself; it goes with the rest of the stack.
    if (!gatewayEnds && maintenancePid(layout) !== null) return;
    await delay(pollMs);
  }
}

/** Ends the answer and, where the stack runs on, lets the gateway have its port again. */
export async function hideMaintenance(stack: Stack): Promise<void> {
  await endMaintenance(stack.layout);
  const status = await supervisorProgress(stack.layout);
  if (status?.phase !== 'running' || !heldServices(status).includes('gateway')) return;
  await restartServices(stack, ['gateway'], { signal: new AbortController().signal, report: () => undefined });
}

/** Needs none of the stack's files. */
export async function endMaintenance(layout: StackLayout): Promise<void> {
  const pid = maintenancePid(layout);
  const found: ProcessIdentity | null = pid === null ? null : identify(pid);
  if (found === null) return;
  signalProcess(found.pid, 'SIGTERM');
  if (await within(endLimitMs, () => !isAlive(found))) return;
  signalProcess(found.pid, 'SIGKILL');
  await within(endLimitMs, () => !isAlive(found));
}

/** True when the port is free for the answer, or will be by itself. */
async function endGateway(stack: Stack): Promise<boolean> {
  const status = await supervisorProgress(stack.layout);
  return status === null || (await hold(stack, ['gateway'], AbortSignal.timeout(gatewayEndLimitMs)));
}

const probe = (port: number) => ({
  kind: 'http' as const,
  url: `http://${loopback}:${port}/`,
  accept: ({ status, body }: { status: number; body: string }) => status === 503 && body.includes('"maintenance"'),
});

/** Detached: it outlives this process, whatever ends that. It names itself in its lock file, so a later command finds it. */
function spawnMaintenance({ layout, settings }: Stack): number {
  const { program, args, env } = nodeProgram('stack/maintenance/main', 64, {
    ...inheritedEnv(process.env),
    SFP_MAINTENANCE_HOST: loopback,
    SFP_MAINTENANCE_PORT: String(settings.ports.gateway),
    SFP_MAINTENANCE_LOCK_FILE: lockFile(layout),
    SFP_MAINTENANCE_PORT_WAIT: String(Math.ceil((settings.drainTimeoutMs + gatewayEndLimitMs) / 1_000)),
  });
  const log = openSync(logFile(layout), 'w', 0o640);
  try {
    const child = spawn(program, args, { cwd: '/', env, detached: true, stdio: ['ignore', log, log] });
    if (child.pid === undefined) throw new Error('the maintenance answer could not be started');
    child.unref();
    return child.pid;
  } finally {
    closeSync(log);
  }
}

function notShown({ layout, settings }: Stack): SfpError {
  const { gateway: port } = settings.ports;
  const holder = portHolder(port);
  return new SfpError({
    code: 'maintenance_not_shown',
    message: `The maintenance answer could not be put on port ${port}${holder === null ? '' : `, which ${holder} has`}.`,
    detail: lastLines(logFile(layout), 5).join('\n'),
    suggestion:
      holder === null ? `Read ${logFile(layout)} and try again.` : `Stop what listens on ${port} and try again.`,
  });
}
