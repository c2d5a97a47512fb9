import { isDeepStrictEqual } from 'node:util';
import { SfpError } from '../../contracts/error.ts';
import { assertNoRestore } from '../backup/restore-plan.ts';
import { lockStack } from '../lock.ts';
import { isPortFree, portNames } from '../ports.ts';
import type { StackRuntime } from '../runtime.ts';
import { type ServerSettings, writeServerSettings } from '../server-settings.ts';
import { type Assignment, assign } from '../settings/assign.ts';
import { openStack, type Stack } from '../stack.ts';
import { reservedPorts } from './list.ts';
import { type Progress, runSteps } from './step.ts';
import { assertNoUpdate } from './update/update-plan.ts';

export interface ConfigureOptions {
  baseDir: string;
  tenant: string;
  assignments: readonly Assignment[];
  runtimeFor(stack: Stack): StackRuntime;
  progress: Progress;
}

export interface Configured {
  settings: ServerSettings;
  changed: boolean;
  /** Services that run with other settings now: none when the stack is stopped, all when the runtime cannot tell. */
  outdated: readonly string[];
  /** True when all of them have to be restarted together. */
  wholeStack: boolean;
}

/**
 * Changes server.json, whole or not at all, and tells which services have to be restarted for it. Restarts and installs
 * nothing: what is installed is the way back of an update that applies the change.
 */
export async function configureStack(options: ConfigureOptions): Promise<Configured> {
  const { baseDir, tenant, assignments, runtimeFor } = options;
  const { layout } = openStack(baseDir, tenant);
  const lock = lockStack(layout.lockFile, tenant, 'sfp server config set');
  try {
    assertNoRestore(layout);
    assertNoUpdate(layout);
    const stack = openStack(baseDir, tenant);
    const settings = assign(stack.settings, assignments);
    const changed = !isDeepStrictEqual(settings, stack.settings);
    await assertPorts(stack, settings);
    const write = async () => (changed ? writeServerSettings(layout, settings) : 'skipped');
    const steps = [{ name: 'settings', title: 'Write server.json', run: write }];
    await runSteps('config set', layout.journalFile, steps, undefined, options.progress);
    return { settings, changed, ...(await outdatedServices(runtimeFor(stack), openStack(baseDir, tenant))) };
  } finally {
    lock.release();
  }
}

async function outdatedServices(
  runtime: StackRuntime,
  stack: Stack,
): Promise<Pick<Configured, 'outdated' | 'wholeStack'>> {
  const all = runtime.serviceNames(stack);
  try {
    if ((await runtime.status(stack)).status === 'stopped') return { outdated: [], wholeStack: false };
    const outdated = await runtime.outdated(stack);
    return { outdated, wholeStack: outdated.length > all.length / 2 };
  } catch (error) {
    if (!(error instanceof SfpError)) throw error;
    return { outdated: all, wholeStack: true }; // damaged, or of another version: the settings are written all the same
  }
}

/** A port that changes must be nobody's: not another stack's, running or not, and not another program's. */
async function assertPorts({ layout, settings: before }: Stack, { ports }: ServerSettings): Promise<void> {
  const own = new Set(Object.values(before.ports));
  const reserved = reservedPorts(layout.baseDir);
  for (const name of portNames) {
    const port = ports[name];
    if (own.has(port)) continue;
    const holder = reserved.has(port) ? 'another stack' : (await isPortFree(port)) ? null : 'another program';
    if (holder === null) continue;
    throw new SfpError({
      code: 'port_taken',
      message: `Port ${port} (ports.${name}) belongs to ${holder}; nothing was changed.`,
      suggestion: 'Choose another one.',
    });
  }
}
