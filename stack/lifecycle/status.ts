import { type Health, healthSchema } from '../../contracts/api/health.ts';
import type { RuntimeStatus, StackRuntime } from '../runtime.ts';
import { publicUrl } from '../server-settings.ts';
import { openStack, type Stack } from '../stack.ts';

export interface StackReport extends RuntimeStatus {
  tenant: string;
  url: string;
  dir: string;
  /** What the platform says about its parts, each asked now; null when it is not reached. */
  health: Health | null;
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
  const runtime = await runtimeFor(stack).status(stack);
  const health = runtime.status === 'stopped' ? null : await askHealth(url);
  const report = { ...runtime, tenant, url, dir: stack.layout.dir, health };
  if (runtime.status !== 'running' || health?.status === 'ok') return report;
  const down = Object.entries(health?.parts ?? {}).filter(([, part]) => part.status === 'down');
  return {
    ...report,
    status: 'error',
    problem: {
      code: 'stack_unhealthy',
      message:
        health === null
          ? 'All processes run, but the API does not answer through the gateway.'
          : `All processes run, but these parts do not work: ${down.map(([name]) => name).join(', ')}.`,
      detail: down.map(([name, part]) => `${name}: ${part.detail ?? part.status}`).join('\n'),
      suggestion: `Read \`sfp server logs --tenant ${tenant} --service api\`.`,
    },
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
