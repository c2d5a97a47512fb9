import { type Health, healthSchema } from '../../contracts/api/health.ts';
import { type Failure, SfpError } from '../../contracts/error.ts';
import { localUrl } from '../local-url.ts';
import { type LockHolder, lockHolder } from '../lock.ts';
import type { RuntimeStatus, StackRuntime } from '../runtime.ts';
import { serverCommand } from '../server-command.ts';
import { publicUrl } from '../server-settings.ts';
import { openStack, type Stack } from '../stack.ts';
import { notInitialised } from './initialised.ts';
import { unfinishedWork } from './unfinished.ts';

export interface StackReport extends RuntimeStatus {
  tenant: string;
  url: string;
  baseDir: string;
  dir: string;
  /** What the platform says about its parts, each asked now; null when it is not reached. */
  health: Health | null;
  /** The lifecycle command that works on the stack now. */
  busy: LockHolder | null;
}

const healthTimeoutMs = 8_000;

/** The processes as the runtime sees them, and the parts as the API does: a stack is `running` when both are content. */
export async function stackStatus(
  baseDir: string,
  tenant: string,
  runtimeFor: (stack: Stack) => StackRuntime,
): Promise<StackReport> {
  const stack = openStack(baseDir, tenant);
  const url = publicUrl(stack.settings);
  const seen = await runtimeStatus(runtimeFor(stack), stack);
  const health = seen.status === 'stopped' ? null : await askHealth(localUrl(stack.settings));
  const { layout } = stack;
  const report = { ...seen, tenant, url, baseDir, dir: layout.dir, health, busy: lockHolder(layout.lockFile) };
  const unfinished = unfinishedWork(layout) ?? (report.busy === null ? notInitialised(layout) : null);
  if (unfinished !== null) return { ...report, problem: unfinished };
  if (report.status !== 'running' || health?.status === 'ok') return report;
  return { ...report, status: 'error', problem: unhealthy(stack, health) };
}

/** What the runtime says; `unknown` with the reason when it cannot be asked, as an engine that is away. */
export async function runtimeStatus(runtime: StackRuntime, stack: Stack): Promise<RuntimeStatus> {
  try {
    return await runtime.status(stack);
  } catch (error) {
    if (!(error instanceof SfpError)) throw error;
    return { status: 'unknown', services: [], supervisor: null, problem: error.toFailure() };
  }
}

function unhealthy({ layout }: Stack, health: Health | null): Failure {
  const down = Object.entries(health?.parts ?? {}).filter(([, part]) => part.status === 'down');
  return {
    code: 'stack_unhealthy',
    message:
      health === null
        ? 'All processes run, but the API does not answer through the gateway.'
        : `All processes run, but these parts do not work: ${down.map(([name]) => name).join(', ')}.`,
    detail: down.map(([name, part]) => `${name}: ${part.detail ?? part.status}`).join('\n'),
    suggestion: `Read \`${serverCommand(layout, 'logs', '--service', 'api')}\`.`,
  };
}

async function askHealth(url: string): Promise<Health | null> {
  try {
    const answer = await fetch(`${url}/api/v1/health`, { signal: AbortSignal.timeout(healthTimeoutMs) });
    return healthSchema.safeParse(await answer.json()).data ?? null;
  } catch {
    return null; // not reached: the report says so
  }
}
