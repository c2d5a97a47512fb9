import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { SfpError } from '../../../contracts/error.ts';
import { openBackup, type StoredBackup } from '../../backup/backup-reader.ts';
import { backupsDir, listBackups, removeBackup } from '../../backup/catalogue.ts';
import type { StackLayout } from '../../layout.ts';
import type { StackRuntime } from '../../runtime.ts';
import type { SuppliedSecrets } from '../../secrets/schema.ts';
import { openStack, openStackWith, type Stack } from '../../stack.ts';
import { type BackupResult, takeBackup } from '../backup.ts';
import { type Progress, runSteps, type Step } from '../step.ts';
import type { Evidence } from '../verify/verify.ts';
import { keptVersions } from './kept-version.ts';
import { type UpdatePlan, writeUpdatePlan } from './update-plan.ts';

export interface MoveOptions {
  baseDir: string;
  tenant: string;
  runtimeFor(stack: Stack): StackRuntime;
  platformVersion: string;
  /** How many kept versions, and how many backups of updates and of rollbacks, stay; the newest ones. */
  keep: number;
  signal: AbortSignal;
  progress: Progress;
}

/** What the steps of an update and of the way back share. */
export interface MoveContext extends MoveOptions {
  layout: StackLayout;
  /** What a provider of secrets supplied before anything changed: it need not answer in the middle. */
  supplied: SuppliedSecrets | undefined;
  plan: UpdatePlan;
  /** What the last verification saw. */
  evidence: Evidence[];
  /** The step at work, for a message. */
  current: string;
}

export type MoveStep = Step<MoveContext>;

/** Read anew: files of the stack change place in between. */
export const open = ({ layout: { baseDir, tenant }, supplied }: MoveContext): Stack =>
  supplied === undefined ? openStack(baseDir, tenant) : openStackWith(baseDir, tenant, supplied);
export const runtimeOf = (context: MoveContext): StackRuntime => context.runtimeFor(open(context));

export function advance(context: MoveContext, change: Partial<UpdatePlan>): void {
  context.plan = writeUpdatePlan(context.layout, { ...context.plan, ...change });
}

/** Runs the steps in order; one that was cancelled before it begins does not begin. */
export const runMove = (context: MoveContext, steps: readonly MoveStep[]): Promise<void> =>
  runSteps(
    context.plan.command,
    context.layout.journalFile,
    steps.map((step) => ({
      ...step,
      run(own: MoveContext, report: (detail: string) => void) {
        own.current = step.title;
        if (own.signal.aborted) throw new SfpError({ code: 'cancelled', message: 'Cancelled.' });
        return step.run(own, report);
      },
    })),
    context,
    context.progress,
  );

/** A backup among the stack's own, with a name that tells what it was made for. */
export function backupBefore(context: MoveContext, what: 'update' | 'rollback'): Promise<BackupResult> {
  context.current = 'Back the stack up';
  const { baseDir, tenant, runtimeFor, signal, progress, plan } = context;
  const platformVersion = what === 'update' ? plan.from : plan.to;
  return takeBackup(
    open(context),
    { baseDir, tenant, runtimeFor, platformVersion, signal, progress },
    { label: `before-${what}`, command: plan.command },
  );
}

/** The backup of the version that the way back leads to; null when it is not there (any more). */
export const oldBackup = ({ plan: { backup } }: MoveContext): StoredBackup | null =>
  backup !== null && existsSync(backup) ? openBackup(backup) : null;

/** Removes the oldest backups of updates and rollbacks beyond `keep`; what a kept version needs stays. */
export async function tidyBackups({ layout, keep, plan }: MoveContext): Promise<void> {
  const needed = new Set([...keptVersions(layout).map(({ backup }) => basename(backup)), basename(plan.saved ?? '')]);
  const entries = await listBackups(backupsDir(layout), layout.tenant, false);
  for (const kind of ['-before-update', '-before-rollback']) {
    const made = entries.filter(({ name, status }) => status === 'complete' && name.includes(kind));
    for (const { name, path } of made.slice(keep)) if (!needed.has(name)) removeBackup(path, layout);
  }
}
