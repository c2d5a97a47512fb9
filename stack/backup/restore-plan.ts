import { rmSync } from 'node:fs';
import { z } from 'zod';
import { SfpError } from '../../contracts/error.ts';
import { readJsonFile, writeJsonFile } from '../atomic-file.ts';
import { makePassableDirectory, type StackLayout } from '../layout.ts';
import { serverCommand } from '../server-command.ts';
import { syncDirectory } from './file-sync.ts';
import { manifestSchema } from './manifest.ts';
import { restorePlace } from './restore-place.ts';

/**
 * How far a restore has come; on disk before what it names begins.
 *
 * | phase | the stack's own data | after a kill |
 * |---|---|---|
 * | unpacking | untouched, may run | begins anew |
 * | placing | partly changed for the backup's | goes on with placing |
 * | proving | the backup's; what it replaced is aside | starts and proves again |
 * | reverting | partly put back | goes on with putting back |
 * | proven | the backup's, for good | only tidying is left |
 */
const planSchema = z.object({
  version: z.literal(1),
  phase: z.enum(['unpacking', 'placing', 'proving', 'reverting', 'proven']),
  /** Path of the backup, for messages. */
  from: z.string(),
  manifest: manifestSchema,
  /** Files of the stack that there were before. */
  had: z.array(z.string()),
  /** Whether the stack ran before, and is to run again when it is put back. */
  ran: z.boolean(),
});
export type RestorePlan = z.infer<typeof planSchema>;

export const readPlan = (layout: StackLayout): RestorePlan | null =>
  readJsonFile(restorePlace(layout).planFile, planSchema, {
    code: 'restore_plan_invalid',
    suggestion: `Look into ${restorePlace(layout).dir}: "incoming" came from a backup, "replaced" is the stack's earlier data.`,
  });

export function writePlan(layout: StackLayout, plan: RestorePlan): RestorePlan {
  const { dir, planFile } = restorePlace(layout);
  makePassableDirectory(dir);
  writeJsonFile(planFile, plan, 0o600);
  syncDirectory(layout.dir);
  return plan;
}

/** Removes everything of a restore but the stack itself; the plan last, so that a kill in it is continued. */
export function removePlan(layout: StackLayout): void {
  const { dir, incomingDir, replacedDir, planFile } = restorePlace(layout);
  for (const path of [incomingDir, replacedDir, planFile, dir]) rmSync(path, { recursive: true, force: true });
}

const unfinished: readonly RestorePlan['phase'][] = ['placing', 'proving', 'reverting'];

/** Refuses to work on a stack whose data is half the old and half the backup's. */
export function assertNoRestore(layout: StackLayout): void {
  const plan = readPlan(layout);
  if (plan === null || !unfinished.includes(plan.phase)) return;
  throw new SfpError({
    code: 'restore_unfinished',
    message: `A restore of stack "${layout.tenant}" was interrupted.`,
    detail: `phase ${plan.phase}, from ${plan.from}`,
    suggestion: `Finish it first: ${serverCommand(layout, 'restore', '--from')} ${plan.from}`,
  });
}
