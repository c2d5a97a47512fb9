import { setTimeout as delay } from 'node:timers/promises';
import { SfpError } from '../../contracts/error.ts';
import type { StackRuntime } from '../runtime.ts';
import { serverCommand } from '../server-command.ts';
import type { Stack } from '../stack.ts';
import { type StackReport, stackStatus } from './status.ts';

/** Something that keeps a stack from being healthy. */
interface FailingPart {
  name: string;
  /** The stack as a whole, a service as the runtime sees it, or a part as the API found it. */
  kind: 'stack' | 'service' | 'part';
  state: string;
  detail?: string;
  /** The command that tells more, or mends it. */
  next: string;
}

export interface HealthReport {
  tenant: string;
  status: 'healthy' | 'unhealthy';
  url: string;
  failing: readonly FailingPart[];
  services: StackReport['services'];
  parts: NonNullable<StackReport['health']>['parts'] | null;
}

/** The verdict on a report: healthy only when the stack runs, every service is healthy and the API finds every part working. */
export function healthOf(report: StackReport): HealthReport {
  const { tenant, url, services, health } = report;
  const failing = report.status === 'running' && report.problem === undefined ? [] : failingParts(report);
  const status = failing.length === 0 ? 'healthy' : 'unhealthy';
  return { tenant, status, url, failing, services, parts: health?.parts ?? null };
}

function failingParts(report: StackReport): FailingPart[] {
  const { tenant, status, services, health, problem } = report;
  const logs = (service: string): string => serverCommand(report, 'logs', '--service', service);
  if (status === 'stopped' && problem === undefined) {
    return [{ name: tenant, kind: 'stack', state: 'stopped', next: serverCommand(report, 'start') }];
  }
  const ofServices = services
    .filter((service) => service.health !== 'healthy')
    .map(
      ({ name, state, detail }): FailingPart => ({ name, kind: 'service', state, ...found(detail), next: logs(name) }),
    );
  const ofParts = Object.entries(health?.parts ?? {})
    .filter(([, part]) => part.status !== 'ok')
    .map(
      ([name, part]): FailingPart => ({
        name,
        kind: 'part',
        state: part.status,
        ...found(part.detail),
        next: logs('api'),
      }),
    );
  const failing = [...ofServices, ...ofParts];
  if (failing.length > 0 && problem === undefined) return failing;
  if (ofParts.length > 0) return failing; // the problem of such a report is these parts
  const next = problem?.suggestion ?? serverCommand(report, 'status');
  return [{ name: tenant, kind: 'stack', state: status, ...found(problem?.message), next }, ...failing];
}

const found = (detail: string | undefined): { detail?: string } => (detail === undefined ? {} : { detail });

export interface HealthOptions {
  baseDir: string;
  tenant: string;
  runtimeFor(stack: Stack): StackRuntime;
  /** Asked again until it is healthy, so long; 0 asks once. */
  waitMs: number;
  signal: AbortSignal;
  report(message: string): void;
}

const askEveryMs = 500;

/** The health now, or the first healthy one within the time, or the last one that was not. */
export async function stackHealth({ baseDir, tenant, runtimeFor, ...options }: HealthOptions): Promise<HealthReport> {
  const deadline = performance.now() + options.waitMs;
  let told = '';
  for (;;) {
    const health = healthOf(await stackStatus(baseDir, tenant, runtimeFor));
    const left = deadline - performance.now();
    if (health.status === 'healthy' || left <= 0) return health;
    const waiting = health.failing.map(({ name, state }) => `${name} is ${state}`).join(', ');
    if (waiting !== told) options.report(`waiting: ${waiting}`);
    told = waiting;
    // An abort ends the wait; the next line looks at the signal.
    await delay(Math.min(askEveryMs, left), undefined, { signal: options.signal }).catch(() => undefined);
    if (options.signal.aborted) throw new SfpError({ code: 'cancelled', message: 'Nobody waits any more.' });
  }
}
