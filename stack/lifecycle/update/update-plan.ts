import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { failureSchema, SfpError } from '../../../contracts/error.ts';
import { readJsonFile, writeJsonFile } from '../../atomic-file.ts';
import { syncDirectory } from '../../backup/file-sync.ts';
import type { StackLayout } from '../../layout.ts';
import { serverCommand } from '../../server-command.ts';

/**
 * How far an update has come, or the way back from one (`update.json`); on disk before what it names begins.
 *
 * | phase | on disk is | after a kill |
 * |---|---|---|
 * | stopping | the old version with its data; it may be stopped | drains, stops and backs up again |
 * | installing | the old version's data, backed up; its files kept aside, some replaced | installs again |
 * | starting | the new version; its migrations may have run | starts and verifies again |
 * | reverting | partly the old version again | goes on with putting back |
 * | returning | the old version, its files and data | starts it and proves it again |
 * | done | what was wanted, proven | only tidying is left |
 */
const planSchema = z.object({
  version: z.literal(1),
  command: z.enum(['update', 'rollback']),
  phase: z.enum(['stopping', 'installing', 'starting', 'reverting', 'returning', 'done']),
  startedAt: z.string(),
  /** The version that the way back leads to. */
  from: z.string(),
  /** The version that an update leads to, or a rollback comes from. */
  to: z.string(),
  /** The newest migration of the database that the way back leads to. */
  schemaVersion: z.number().int(),
  /** Whether the stack ran before, and is to run at the end. */
  ran: z.boolean(),
  /** The way back takes the databases from the backup: what runs since may have changed them in its own way. */
  restore: z.boolean(),
  /** The way back puts server.json and secrets.json back too. */
  settings: z.boolean(),
  /** Clients have been served by the new version: what they wrote is saved before databases are restored. */
  served: z.boolean(),
  /** The backup of the old version. */
  backup: z.string().nullable(),
  /** The backup of what was written since. */
  saved: z.string().nullable(),
  /** Since when clients are refused. */
  refusedAt: z.string().nullable(),
  /** Since when they are served again. */
  servedAt: z.string().nullable(),
  /** Why the update goes back, and the title of the step that failed. */
  failure: failureSchema.extend({ step: z.string() }).nullable(),
});
export type UpdatePlan = z.infer<typeof planSchema>;

const planFile = (layout: StackLayout): string => join(layout.dir, 'update.json');

export const readUpdatePlan = (layout: StackLayout): UpdatePlan | null =>
  readJsonFile(planFile(layout), planSchema, {
    code: 'update_plan_invalid',
    suggestion: `Restore a backup with \`${serverCommand(layout, 'restore')}\`: it ends the update that this file is about.`,
  });

/** Also of one that cannot be read. */
export const hasUpdatePlan = (layout: StackLayout): boolean => existsSync(planFile(layout));

export function writeUpdatePlan(layout: StackLayout, plan: UpdatePlan): UpdatePlan {
  writeJsonFile(planFile(layout), plan, 0o600);
  return plan;
}

export function removeUpdatePlan(layout: StackLayout): void {
  rmSync(planFile(layout), { force: true });
  syncDirectory(layout.dir);
}

/** Milliseconds in which clients were refused; null when they were not, or still are. */
export const downtimeOf = ({ refusedAt, servedAt }: UpdatePlan): number | null =>
  refusedAt === null || servedAt === null ? null : Math.max(0, Date.parse(servedAt) - Date.parse(refusedAt));

/** Refuses to work on a stack that is between two versions. */
export function assertNoUpdate(layout: StackLayout): void {
  const plan = readUpdatePlan(layout);
  if (plan !== null && plan.phase !== 'done') throw interrupted(layout, plan);
}

function interrupted(layout: StackLayout, { command, phase, from, to }: UpdatePlan): SfpError {
  const back = command === 'rollback' || phase === 'reverting' || phase === 'returning';
  const rollback = serverCommand(layout, 'rollback');
  return new SfpError({
    code: 'update_unfinished',
    message: `${back ? `The way back to version ${from}` : `The update to version ${to}`} of stack "${layout.tenant}" was interrupted.`,
    detail: `phase ${phase}, between version ${from} and ${to}`,
    suggestion: back
      ? `Finish it: ${rollback}`
      : `Finish it with sfp ${to}: ${serverCommand(layout, 'update')}. Or go back to ${from}: ${rollback}`,
  });
}
