import { readdirSync } from 'node:fs';
import type { Failure } from '../../contracts/error.ts';
import { SfpError } from '../../contracts/error.ts';
import { slugSchema } from '../../contracts/scalar.ts';
import { type StackLayout, stackLayout, tenantsDir } from '../layout.ts';
import { lockHolder } from '../lock.ts';
import type { StackRuntime, StackStatus } from '../runtime.ts';
import { publicUrl, readServerSettings, type ServerSettings } from '../server-settings.ts';
import { openStack, type Stack } from '../stack.ts';
import { notInitialised } from './initialised.ts';
import { runtimeStatus } from './status.ts';
import { unfinishedWork } from './unfinished.ts';

export interface StackSummary {
  tenant: string;
  status: StackStatus;
  runtime: ServerSettings['runtime'] | null;
  url: string | null;
  dir: string;
  problem?: Failure;
}

/** Names of the stacks in a base directory, whatever state they are in. */
function tenantNames(baseDir: string): string[] {
  try {
    return readdirSync(tenantsDir(baseDir), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && slugSchema.safeParse(entry.name).success)
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Every stack with its status; one whose files are damaged is listed with what is wrong. */
export const listStacks = (baseDir: string, runtimeFor: (stack: Stack) => StackRuntime): Promise<StackSummary[]> =>
  Promise.all(
    tenantNames(baseDir).map(async (tenant): Promise<StackSummary> => {
      const { dir } = stackLayout(baseDir, tenant);
      try {
        const stack = openStack(baseDir, tenant);
        const { status, problem: seen } = await runtimeStatus(runtimeFor(stack), stack);
        const problem = seen ?? unfinishedWork(stack.layout) ?? idleProblem(stack.layout) ?? undefined;
        const { settings } = stack;
        const summary = { tenant, status, runtime: settings.runtime, url: publicUrl(settings), dir };
        return problem === undefined ? summary : { ...summary, problem };
      } catch (error) {
        if (!(error instanceof SfpError)) throw error;
        return { tenant, status: 'error', runtime: null, url: null, dir, problem: error.toFailure() };
      }
    }),
  );

/** Not told while init is at work. */
const idleProblem = (layout: StackLayout): Failure | null =>
  lockHolder(layout.lockFile) === null ? notInitialised(layout) : null;

/** Ports that the stacks of a base directory own, running or not. */
export function reservedPorts(baseDir: string): Set<number> {
  const ports = tenantNames(baseDir).flatMap((tenant) => {
    try {
      return Object.values(readServerSettings(stackLayout(baseDir, tenant))?.ports ?? {});
    } catch (error) {
      if (error instanceof SfpError) return []; // damaged: nothing that could be reserved is known
      throw error;
    }
  });
  return new Set(ports);
}
