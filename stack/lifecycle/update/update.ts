import { SfpError } from '../../../contracts/error.ts';
import { assertNoRestore } from '../../backup/restore-plan.ts';
import { machineChecks } from '../../checks/machine.ts';
import type { StackLayout } from '../../layout.ts';
import { lockStack } from '../../lock.ts';
import { forgetRefusedSettings } from '../../proven-settings.ts';
import type { StackRuntime } from '../../runtime.ts';
import { serverCommand } from '../../server-command.ts';
import { openStack, type Stack } from '../../stack.ts';
import { readState } from '../../state.ts';
import { preflight } from '../preflight.ts';
import { assertNoRotation } from '../rotate/rotation.ts';
import { assertInitialised } from '../start.ts';
import { runSteps } from '../step.ts';
import type { Evidence } from '../verify/verify.ts';
import { goBack } from './back.ts';
import { goForward, tidyUpdate } from './forward.ts';
import { reviewUpdate, type UpdateReview } from './review.ts';
import { roomCheck } from './room.ts';
import { failureOf, stuck, wentBack } from './told.ts';
import { advance, type MoveContext, type MoveOptions, runMove } from './update-context.ts';
import { downtimeOf, readUpdatePlan, type UpdatePlan, writeUpdatePlan } from './update-plan.ts';

export interface UpdateOptions extends MoveOptions {
  /** Checks that are told but do not refuse, by id. */
  skipChecks: readonly string[];
  /** Asked when all checks passed and before anything changes. Throws, or answers false, when it shall not be. */
  approve(review: UpdateReview): Promise<boolean>;
}

export interface UpdateResult {
  outcome: 'updated' | 'unchanged';
  from: string;
  to: string;
  /** Of the old version; null when nothing changed. */
  backup: string | null;
  /** Milliseconds in which clients were refused; null when the stack was stopped. */
  downtimeMs: number | null;
  /** What the new version has shown. */
  evidence: readonly Evidence[];
  /** Whether the stack runs now: as it did before. */
  running: boolean;
}

/** What an update would do, without a lock, a journal entry or any other trace. Refuses what the update would refuse. */
export async function planUpdate(options: Omit<UpdateOptions, 'approve' | 'keep'>): Promise<UpdateReview> {
  const stack = openStack(options.baseDir, options.tenant);
  assertInitialised(stack.layout);
  const runtime = options.runtimeFor(stack);
  const review = await reviewUpdate(stack, runtime, options.platformVersion);
  await preflight(checksOf(stack, runtime, options.skipChecks), options.progress.info);
  return review;
}

/**
 * Moves a stack to this version of the platform. Until everything is on the machine nothing changes; from then on the new
 * version proves to work, or the old one is put back and proves to. One that was killed goes on when it is run again.
 */
export async function updateStack(options: UpdateOptions): Promise<UpdateResult> {
  const stack = openStack(options.baseDir, options.tenant);
  const { layout } = stack;
  assertInitialised(layout);
  const lock = lockStack(layout.lockFile, layout.tenant, 'sfp server update');
  try {
    assertNoRestore(layout);
    assertNoRotation(layout);
    const left = await resumable(options, layout);
    const plan = left ?? (await begin(options, stack));
    if (plan === null) return unchanged(options);
    return await move({ ...options, layout, supplied: stack.supplied, plan, evidence: [], current: '' });
  } finally {
    lock.release();
  }
}

/** An interrupted update that goes on; one that only had to be tidied up, or none, is null. */
async function resumable(options: UpdateOptions, layout: StackLayout): Promise<UpdatePlan | null> {
  const left = readUpdatePlan(layout);
  if (left === null) return null;
  const { phase, command, from, to } = left;
  if (phase === 'done') {
    await tidy({ ...options, layout, supplied: undefined, plan: left, evidence: [], current: '' });
    return null;
  }
  if (command === 'rollback') {
    throw new SfpError({
      code: 'update_unfinished',
      message: `The rollback of stack "${layout.tenant}" to version ${from} was interrupted.`,
      suggestion: `Finish it first: ${serverCommand(layout, 'rollback')}`,
    });
  }
  if (to !== options.platformVersion && phase !== 'reverting' && phase !== 'returning') {
    throw new SfpError({
      code: 'update_unfinished',
      message: `An update to version ${to} was interrupted; this is sfp ${options.platformVersion}.`,
      suggestion: `Finish it with sfp ${to}, or go back to ${from} with this one: ${serverCommand(layout, 'rollback')}`,
    });
  }
  options.progress.info(`going on with the update from ${from} to ${to} that was interrupted (${phase})`);
  return left;
}

function checksOf(stack: Stack, runtime: StackRuntime, skipped: readonly string[]) {
  const { layout } = stack;
  // A stack that is not well may be why there is an update: told, and no reason to refuse.
  const told = new Set([...skipped, 'services']);
  return [...machineChecks(layout.baseDir), ...runtime.checks(stack), roomCheck(layout)].map((check) =>
    told.has(check.id) ? { ...check, severity: 'warning' as const } : check,
  );
}

/** Everything that can refuse, and everything that can be done while the stack goes on. Null when there is nothing to do. */
async function begin(options: UpdateOptions, stack: Stack): Promise<UpdatePlan | null> {
  const { layout } = stack;
  const runtime = options.runtimeFor(stack);
  const before: { review?: UpdateReview } = {};
  const run = (
    name: string,
    title: string,
    work: (report: (text: string) => void) => Promise<unknown>,
  ): Promise<void> =>
    runSteps(
      'update',
      layout.journalFile,
      [{ name, title, run: (_context, report) => work(report) }],
      undefined,
      options.progress,
    );
  await run('review', 'See what changes', async () => {
    before.review = await reviewUpdate(stack, runtime, options.platformVersion);
  });
  const { review } = before;
  if (review === undefined) throw new Error('there is no review');
  if (!review.changes) return null;
  await run('checks', 'Check machine and stack', (report) =>
    preflight(checksOf(stack, runtime, options.skipChecks), report),
  );
  if (!(await options.approve(review))) throw new SfpError({ code: 'cancelled', message: 'Nothing was changed.' });
  await run('prepare', 'Get the new version onto this machine', (report) =>
    runtime.prepare(stack, { signal: options.signal, report }),
  );
  if (options.signal.aborted) throw new SfpError({ code: 'cancelled', message: 'Cancelled; nothing was changed.' });
  forgetRefusedSettings(layout);
  return writeUpdatePlan(layout, {
    version: 1,
    command: 'update',
    phase: 'stopping',
    startedAt: new Date().toISOString(),
    from: review.from,
    to: review.to,
    schemaVersion: review.schemaVersion,
    ran: review.running,
    // Services of another version bring migrations of their own.
    restore: review.migrations.length > 0 || review.plan.images.length > 0,
    settings: true,
    served: false,
    backup: null,
    saved: null,
    refusedAt: null,
    servedAt: null,
    failure: null,
  });
}

/** After the line: forward, or back by itself. */
async function move(context: MoveContext): Promise<UpdateResult> {
  const failed = context.plan.failure;
  let cause: unknown = failed === null ? undefined : new SfpError(failed);
  if (context.plan.phase !== 'reverting' && context.plan.phase !== 'returning') {
    try {
      await goForward(context);
      await tidy(context);
      return resultOf(context);
    } catch (error) {
      if (context.plan.phase === 'done') throw error; // the new version works; only tidying did not
      cause = error;
      note(context, error);
    }
  }
  context.progress.info(`going back to version ${context.plan.from}`);
  // What asked for the way back must not end it.
  const back = { ...context, signal: new AbortController().signal };
  try {
    await goBack(back);
  } catch (error) {
    throw stuck(back, error);
  }
  throw wentBack(back, cause);
}

/** Kept for whoever goes on with the way back; a full disk, which may be the reason, need not take it. */
function note(context: MoveContext, error: unknown): void {
  const failure = { ...failureOf(error), step: context.current };
  try {
    advance(context, { failure });
  } catch {
    context.plan = { ...context.plan, failure };
  }
}

const tidy = (context: MoveContext): Promise<void> =>
  runMove({ ...context, signal: new AbortController().signal }, tidyUpdate);

const resultOf = ({ plan, evidence }: MoveContext): UpdateResult => ({
  outcome: 'updated',
  from: plan.from,
  to: plan.to,
  backup: plan.backup,
  downtimeMs: downtimeOf(plan),
  evidence,
  running: plan.ran,
});

async function unchanged({ baseDir, tenant, runtimeFor, platformVersion }: UpdateOptions): Promise<UpdateResult> {
  const stack = openStack(baseDir, tenant);
  return {
    outcome: 'unchanged',
    from: readState(stack.layout)?.platformVersion ?? platformVersion,
    to: platformVersion,
    backup: null,
    downtimeMs: null,
    evidence: [],
    running: (await runtimeFor(stack).status(stack)).status !== 'stopped',
  };
}
