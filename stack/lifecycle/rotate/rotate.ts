import { SfpError } from '../../../contracts/error.ts';
import { assertNoRestore } from '../../backup/restore-plan.ts';
import { lockStack } from '../../lock.ts';
import type { StackRuntime } from '../../runtime.ts';
import type { Rotation } from '../../secrets/schema.ts';
import { requireStoredSecrets, writeStoredSecrets } from '../../secrets.ts';
import { openStack, type Stack } from '../../stack.ts';
import { assertInitialised } from '../start.ts';
import { type Progress, runSteps, type Step } from '../step.ts';
import { assertNoUpdate } from '../update/update-plan.ts';
import { assertInstalledVersion } from './installed-version.ts';
import { watchInterruption } from './interruption.ts';
import { applyPendingPassword } from './pending-password.ts';
import { proveRotation } from './proof.ts';
import { gatewayOf } from './request.ts';
import { assertOurs, assertSameRotation, begin, type RotationChoice } from './rotation.ts';
import { settledStack } from './settled-stack.ts';

export interface RotateOptions extends RotationChoice {
  baseDir: string;
  tenant: string;
  runtimeFor(stack: Stack): StackRuntime;
  platformVersion: string;
  /** Told when the publishable key is another one: clients of this machine may have saved it. */
  publishableKeyChanged(stack: Stack, before: string): Promise<void>;
  signal: AbortSignal;
  progress: Progress;
}

export interface Rotated {
  kind: Rotation['kind'];
  /** True when an interrupted one was finished. */
  resumed: boolean;
  restarted: readonly string[];
  /** How long clients were not served; null when the stack does not run. */
  interruptedMs: number | null;
  /** What was seen; empty when the stack does not run. */
  proven: readonly string[];
}

interface RotateContext extends RotateOptions {
  stack: Stack;
  result: Rotated;
}

const reopen = ({ stack: { layout } }: RotateContext): Stack => openStack(layout.baseDir, layout.tenant);

const steps: readonly Step<RotateContext>[] = [
  {
    name: 'make',
    title: 'Make the new secrets',
    async run(context, report) {
      const { stack, revokePrevious } = context;
      const stored = requireStoredSecrets(stack.layout);
      if (stored.rotation === undefined) {
        writeStoredSecrets(stack.layout, begin(stack, stored, context, new Date()));
        context.stack = reopen(context);
        return undefined;
      }
      context.result.resumed = true;
      report(`going on with the rotation that was begun ${stored.rotation.startedAt}`);
      if (!revokePrevious || stored.previousVerificationKey === undefined) return 'skipped';
      writeStoredSecrets(stack.layout, { ...stored, previousVerificationKey: undefined });
      context.stack = reopen(context);
      return undefined;
    },
  },
  {
    name: 'database',
    title: 'Bring the database its password',
    async run(context) {
      const changed = await applyPendingPassword(context.stack, context.runtimeFor(context.stack));
      if (changed === null) return 'skipped';
      context.stack = changed;
      return undefined;
    },
  },
  {
    name: 'install',
    title: 'Write what services start with',
    run: ({ stack, runtimeFor }) => runtimeFor(stack).install(stack),
  },
  {
    name: 'restart',
    title: 'Restart what runs with the old ones',
    async run(context, report) {
      const { stack, runtimeFor, signal, result } = context;
      const runtime = runtimeFor(stack);
      if (!(await runs(runtime, stack))) return 'skipped';
      const services = await runtime.outdated(stack);
      result.interruptedMs = 0;
      if (services.length === 0) return 'skipped';
      const before = requireStoredSecrets(stack.layout).rotation?.retired.publishableKey;
      const keys = [stack.secrets.publishableKey, before].filter((key) => key !== undefined);
      report(`restarting ${services.join(', ')}`);
      const watched = watchInterruption(gatewayOf(stack), keys);
      try {
        await runtime.restart(stack, services, { signal, report });
      } finally {
        result.interruptedMs = await watched.stop();
      }
      result.restarted = services;
      return undefined;
    },
  },
  {
    name: 'prove',
    title: 'Prove that the new ones work and the old ones do not',
    async run(context) {
      const { stack, runtimeFor, result } = context;
      const { rotation } = requireStoredSecrets(stack.layout);
      if (rotation === undefined || !(await runs(runtimeFor(stack), stack))) return 'skipped';
      result.proven = await proveRotation({ stack, rotation, url: gatewayOf(stack) });
      return undefined;
    },
  },
  {
    name: 'logins',
    title: 'Update the saved logins of this machine',
    async run({ stack, publishableKeyChanged }) {
      const before = requireStoredSecrets(stack.layout).rotation?.retired.publishableKey;
      if (before === undefined) return 'skipped';
      await publishableKeyChanged(stack, before);
      return undefined;
    },
  },
  {
    name: 'finish',
    title: 'Forget the old ones',
    async run({ stack }) {
      writeStoredSecrets(stack.layout, { ...requireStoredSecrets(stack.layout), rotation: undefined });
    },
  },
];

async function runs(runtime: StackRuntime, stack: Stack): Promise<boolean> {
  const { status, problem } = await runtime.status(stack);
  if (problem !== undefined) throw new SfpError(problem);
  return status !== 'stopped';
}

/**
 * Gives a stack new secrets of one kind. Each state in between is one that a stack can start in; one that was killed is
 * finished by running it again.
 */
export async function rotateStack(options: RotateOptions): Promise<Rotated> {
  const { baseDir, tenant, kind, runtimeFor, platformVersion, progress } = options;
  const { layout } = openStack(baseDir, tenant);
  assertInitialised(layout);
  const lock = lockStack(layout.lockFile, tenant, `sfp server rotate ${kind}`);
  try {
    assertNoRestore(layout);
    assertNoUpdate(layout);
    assertInstalledVersion(layout, platformVersion);
    assertSameRotation(layout, kind);
    const stack = settledStack(options, progress.info);
    assertOurs(stack, options);
    // One whose services do not answer would be restarted into the unknown.
    await runs(runtimeFor(stack), stack);
    const result: Rotated = { kind, resumed: false, restarted: [], interruptedMs: null, proven: [] };
    const context: RotateContext = { ...options, stack, result };
    await runSteps(`rotate ${kind}`, layout.journalFile, steps, context, progress);
    return result;
  } finally {
    lock.release();
  }
}
