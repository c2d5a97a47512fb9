import { setTimeout as delay } from 'node:timers/promises';
import type { StackLayout } from '../stack/layout.ts';
import type { RuntimeStatus, ServiceStatus, StackStatus } from '../stack/runtime.ts';
import { serverCommand } from '../stack/server-command.ts';
import type { Stack } from '../stack/stack.ts';
import type { ControlStatus } from './supervisor/control-protocol.ts';
import { findLeftovers } from './supervisor/leftovers.ts';
import { isReady } from './supervisor/transition.ts';
import { supervisorPid, supervisorStatus } from './supervisor-process.ts';

const silenceLimitMs = 6_000;

type Service = ControlStatus['services'][number];

/** What is true of the stack now: asked of its supervisor, and of the machine when there is none. */
export async function embeddedStatus({ layout }: Stack): Promise<RuntimeStatus> {
  const status = await patientStatus(layout);
  if (status !== null) {
    return {
      status: overall(status),
      services: [...status.services.map(serviceStatus), supervisorService(status)],
      supervisor: { pid: status.pid },
      ...(status.problem === undefined ? {} : { problem: status.problem }),
    };
  }
  const leftovers = findLeftovers(layout);
  const pid = supervisorPid(layout);
  if (pid === null && leftovers.length === 0) return { status: 'stopped', services: [], supervisor: null };
  const services = leftovers.map(({ service, pid: orphan }) => orphanStatus(service, orphan));
  const problem =
    pid === null
      ? {
          code: 'supervisor_gone',
          message: `The supervisor is gone, but ${leftovers.length} processes of the stack still run without it.`,
          suggestion: `Run \`${serverCommand(layout, 'start')}\` to take over, or \`${serverCommand(layout, 'stop')}\` to end them.`,
        }
      : {
          code: 'supervisor_silent',
          message: `The supervisor (process ${pid}) does not answer.`,
          suggestion: `It may still be starting: try again in a moment, or run \`${serverCommand(layout, 'stop')}\`.`,
        };
  return { status: 'error', services, supervisor: pid === null ? null : { pid }, problem };
}

/** A supervisor that is just coming up or going down does not answer for a moment. */
async function patientStatus(layout: StackLayout): Promise<ControlStatus | null> {
  const deadline = performance.now() + silenceLimitMs;
  for (;;) {
    const status = await supervisorStatus(layout);
    if (status !== null || supervisorPid(layout) === null || performance.now() > deadline) return status;
    await delay(50);
  }
}

/** All ready is running; a part that is broken, the supervision too, is an error; everything else is on its way up or down. */
export function overall({
  phase,
  services,
  problem,
}: Pick<ControlStatus, 'phase' | 'services' | 'problem'>): StackStatus {
  if (problem !== undefined) return 'error';
  if (services.some(({ status }) => status === 'failed' || status === 'unhealthy')) return 'error';
  if (services.some(({ status, restarts }) => status === 'backoff' && restarts >= 3)) return 'error';
  return phase === 'running' && services.every(({ status }) => isReady(status)) ? 'running' : 'partial';
}

const health = ({ status }: Service): ServiceStatus['health'] => {
  if (isReady(status)) return 'healthy';
  return status === 'unhealthy' || status === 'failed' || status === 'backoff' ? 'unhealthy' : 'unknown';
};

const serviceStatus = (service: Service): ServiceStatus => ({
  name: service.name,
  state: service.status,
  health: health(service),
  restarts: service.restarts,
  pid: service.pid,
  upSince: isReady(service.status) || service.status === 'unhealthy' ? service.since : null,
  rssBytes: service.memory?.rssBytes ?? null,
  pssBytes: service.memory?.pssBytes ?? null,
  cpu: service.cpu,
  ...(service.detail === undefined ? {} : { detail: service.detail }),
});

const supervisorService = ({ pid, startedAt, memory, cpu, problem }: ControlStatus): ServiceStatus => ({
  name: 'supervisor',
  state: 'running',
  health: problem === undefined ? 'healthy' : 'unhealthy',
  restarts: 0,
  pid,
  upSince: startedAt,
  rssBytes: memory?.rssBytes ?? null,
  pssBytes: memory?.pssBytes ?? null,
  cpu,
  ...(problem === undefined ? {} : { detail: problem.message }),
});

const orphanStatus = (name: string, pid: number): ServiceStatus => ({
  name,
  state: 'unsupervised',
  health: 'unknown',
  restarts: 0,
  pid,
  upSince: null,
  rssBytes: null,
  pssBytes: null,
  cpu: null,
});
