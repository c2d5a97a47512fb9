import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SfpError } from '../../contracts/error.ts';
import { platformSchemaSchema } from '../../contracts/schema-version.ts';
import { assertNoRestore } from '../backup/restore-plan.ts';
import { type StackLayout, stackLayout } from '../layout.ts';
import { localUrl } from '../local-url.ts';
import { lockStack } from '../lock.ts';
import { platformMigrations } from '../releases/migrations.ts';
import { serverCommand } from '../server-command.ts';
import { openStack, type Stack } from '../stack.ts';
import { readState } from '../state.ts';
import { goBack } from './update/back.ts';
import { type KeptVersion, keptVersions } from './update/kept-version.ts';
import { stuck } from './update/told.ts';
import type { MoveContext, MoveOptions } from './update/update-context.ts';
import {
  downtimeOf,
  readUpdatePlan,
  removeUpdatePlan,
  type UpdatePlan,
  writeUpdatePlan,
} from './update/update-plan.ts';
import { gatewayClient } from './verify/verification.ts';
import type { Evidence } from './verify/verify.ts';

/** A version that a stack can go back to. */
export interface RollbackTarget {
  version: string;
  /** The version that took its place, and when. */
  replacedBy: string;
  replacedAt: string;
  backup: string;
  /** Whether its backup is still there. */
  backupThere: boolean;
  /** True for the one that a rollback goes to; the others come after it. */
  next: boolean;
}

interface RollbackReview {
  from: string;
  to: string;
  /** Null when the data stay; else why they have to come from the backup. */
  restoreReason: string | null;
  backup: string | null;
}

export interface RollbackOptions extends MoveOptions {
  /** Asked before anything changes; not asked when an interrupted one goes on. */
  approve(review: RollbackReview): Promise<boolean>;
}

export interface RollbackResult {
  from: string;
  to: string;
  /** The backup that the data are of; null when they stayed. */
  restored: string | null;
  /** The backup of what was written since; null when the data stayed. */
  saved: string | null;
  downtimeMs: number | null;
  evidence: readonly Evidence[];
  running: boolean;
}

/** What a stack can go back to, the next one first. */
export function rollbackTargets(baseDir: string, tenant: string): RollbackTarget[] {
  const layout = stackLayout(baseDir, tenant);
  return keptVersions(layout).map(({ from, to, at, backup }, index) => ({
    version: from,
    replacedBy: to,
    replacedAt: at,
    backup,
    backupThere: existsSync(backup),
    next: index === 0,
  }));
}

/** Goes back to the version before the last update, or out of an update that was interrupted. Goes on when it was killed. */
export async function rollbackStack(options: RollbackOptions): Promise<RollbackResult> {
  const stack = openStack(options.baseDir, options.tenant);
  const { layout } = stack;
  const lock = lockStack(layout.lockFile, layout.tenant, 'sfp server rollback');
  try {
    assertNoRestore(layout);
    const plan = interrupted(options, layout) ?? (await begin(options, stack));
    const context: MoveContext = { ...options, layout, supplied: stack.supplied, plan, evidence: [], current: '' };
    // From here on it goes to its end: half of it is worse than either version.
    context.signal = new AbortController().signal;
    try {
      await goBack(context);
    } catch (error) {
      throw stuck(context, error);
    }
    return resultOf(context);
  } finally {
    lock.release();
  }
}

function interrupted({ progress }: RollbackOptions, layout: StackLayout): UpdatePlan | null {
  const left = readUpdatePlan(layout);
  if (left === null) return null;
  if (left.phase === 'done') {
    removeUpdatePlan(layout);
    return null;
  }
  progress.info(`going back from the ${left.command} that was interrupted (${left.phase})`);
  return left;
}

async function begin(options: RollbackOptions, stack: Stack): Promise<UpdatePlan> {
  const { layout } = stack;
  const to = keptVersions(layout)[0];
  if (to === undefined) {
    throw new SfpError({
      code: 'nothing_to_roll_back_to',
      message: `Stack "${layout.tenant}" has no version before this one.`,
      detail: 'An update keeps the version that it replaces; a rollback uses it up.',
      suggestion: `Restore a backup instead: ${serverCommand(layout, 'restore')}`,
    });
  }
  const from = readState(layout)?.platformVersion ?? to.to;
  const ran = (await options.runtimeFor(stack).status(stack)).status !== 'stopped';
  const restoreReason = await whyRestore(stack, to, options.platformVersion);
  if (restoreReason !== null && !existsSync(to.backup)) {
    throw new SfpError({
      code: 'rollback_impossible',
      message: `Version ${to.from} needs its data from a backup that is not there any more.`,
      detail: `${to.backup}; ${restoreReason}`,
      suggestion: `Restore another backup: ${serverCommand(layout, 'restore')}`,
    });
  }
  const backup = restoreReason === null ? null : to.backup;
  if (!(await options.approve({ from, to: to.from, restoreReason, backup })))
    throw new SfpError({ code: 'cancelled', message: 'Nothing was changed.' });
  return writeUpdatePlan(layout, {
    version: 1,
    command: 'rollback',
    phase: 'reverting',
    startedAt: new Date().toISOString(),
    from: to.from,
    to: from,
    schemaVersion: to.schemaVersion,
    ran,
    restore: restoreReason !== null,
    settings: restoreReason !== null,
    served: true,
    backup: to.backup,
    saved: null,
    refusedAt: null,
    servedAt: null,
    failure: null,
  });
}

/** Why the old version cannot run on the data as they are now; null when it can. */
async function whyRestore(stack: Stack, to: KeptVersion, platformVersion: string): Promise<string | null> {
  if (!sameText(stack.layout.secretsFile, join(to.dir, 'secrets.json')))
    return 'secrets were changed since, and what is kept of the old version has the earlier ones';
  const breaking = await newestBreaking(stack, platformVersion);
  if (breaking === null) return 'the database does not tell its schema';
  return breaking > to.schemaVersion
    ? `migration ${breaking} is breaking: version ${to.from} does not run on it`
    : null;
}

/** The newest breaking migration of the database: as it tells, or when it does not run as the files of its version do. */
async function newestBreaking(stack: Stack, platformVersion: string): Promise<number | null> {
  const { data, error } = await gatewayClient(localUrl(stack.settings), stack.secrets.publishableKey).rpc(
    'platform_schema',
  );
  if (error === null) return platformSchemaSchema.parse(data).breaking;
  if (readState(stack.layout)?.platformVersion !== platformVersion) return null;
  return platformMigrations().findLast(({ breaking }) => breaking)?.version ?? 0;
}

const sameText = (a: string, b: string): boolean => {
  if (!existsSync(a) || !existsSync(b)) return existsSync(a) === existsSync(b);
  return readFileSync(a, 'utf8') === readFileSync(b, 'utf8');
};

const resultOf = ({ plan, evidence }: MoveContext): RollbackResult => ({
  from: plan.to,
  to: plan.from,
  restored: plan.restore ? plan.backup : null,
  saved: plan.saved,
  downtimeMs: downtimeOf(plan),
  evidence,
  running: plan.ran,
});
