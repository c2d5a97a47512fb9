import { existsSync, rmSync } from 'node:fs';
import { SfpError } from '../../contracts/error.ts';
import { schemaVersion } from '../../contracts/schema-version.ts';
import { assertChecksums, BackupReader, type StoredBackup } from '../backup/backup-reader.ts';
import { assertFreeSpace } from '../backup/free-space.ts';
import type { Manifest } from '../backup/manifest.ts';
import { type RestorePlan, readPlan, removePlan, writePlan } from '../backup/restore-plan.ts';
import { filesPresent } from '../backup/stack-files.ts';
import { makeStackDirectories, type StackLayout, stackLayout } from '../layout.ts';
import { lockStack } from '../lock.ts';
import type { StackRuntime } from '../runtime.ts';
import { openStack, type Stack } from '../stack.ts';
import { updateState } from '../state.ts';
import type { AdminSession } from './administrator.ts';
import { place, putBack, stopPlaced, unpackData, unpackFiles } from './restore-exchange.ts';
import { proveLogin, proveSchema, proveVault } from './restore-proof.ts';
import { type Progress, runSteps, type Step } from './step.ts';
import { hasUpdatePlan, removeUpdatePlan } from './update/update-plan.ts';

export interface RestoreOptions {
  baseDir: string;
  tenant: string;
  backup: StoredBackup;
  /** Asked only when the backup has one. */
  passphrase(): Promise<string>;
  runtimeNamed(name: StackRuntime['name']): StackRuntime;
  platformVersion: string;
  signal: AbortSignal;
  progress: Progress;
}

export interface RestoreResult {
  stack: Stack;
  /** The administrator's; null when they chose a password that the platform does not know. */
  session: AdminSession | null;
  manifest: Manifest;
}

export interface RestoreContext extends RestoreOptions {
  layout: StackLayout;
  runtime: StackRuntime;
  plan: RestorePlan;
  session: AdminSession | null;
  /** The backup, opened. */
  reader?: BackupReader;
  /** The stack as its files will make it. */
  incoming?: Stack;
}

const needed = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('a step of restore ran before the one that it needs');
  return value;
};

const advance = (context: RestoreContext, phase: RestorePlan['phase']): void => {
  context.plan = writePlan(context.layout, { ...context.plan, phase });
};

const unpacking: readonly Step<RestoreContext>[] = [
  { name: 'checksums', title: 'Verify the backup', run: ({ backup }) => assertChecksums(backup) },
  {
    name: 'files',
    title: 'Read its settings',
    async run(context) {
      context.reader = await BackupReader.open(context.backup, context.passphrase);
      context.incoming = await unpackFiles(context, context.reader);
    },
  },
  {
    name: 'prepare',
    title: 'Get what it runs on',
    run: ({ runtime, incoming, signal }, report) => runtime.prepare(needed(incoming), { signal, report }),
  },
  {
    name: 'unpack',
    title: 'Unpack it beside what is there',
    async run(context) {
      const { backup, reader, layout } = context;
      assertFreeSpace(layout.dir, backup.manifest.snapshot.unpackedBytes);
      await unpackData(context, needed(reader));
    },
  },
];

const stop: Step<RestoreContext> = { name: 'stop', title: 'Stop the stack', run: stopPlaced };

const placing: Step<RestoreContext> = {
  name: 'place',
  title: 'Put the backup in place',
  async run(context) {
    await place(context);
    advance(context, 'proving');
  },
};

const proving: readonly Step<RestoreContext>[] = [
  {
    name: 'install',
    title: 'Install',
    async run(context, report) {
      await context.runtime.prepare(open(context), { signal: context.signal, report });
      await context.runtime.install(open(context));
    },
  },
  // Before the start, in which a wrong key would be noticed by the first that needs a secret, and told as its failure.
  {
    name: 'vault',
    title: 'Prove that the Vault opens',
    run: (context) => proveVault(context.runtime, open(context), context.plan.manifest),
  },
  {
    name: 'start',
    title: 'Start the restored stack',
    run: (context, report) => context.runtime.start(open(context), { signal: context.signal, report }),
  },
  { name: 'schema', title: 'Prove the schema', run: (context) => proveSchema(open(context), context.plan.manifest) },
  {
    name: 'login',
    title: 'Prove that the administrator can log in',
    async run(context, report) {
      context.session = await proveLogin(open(context));
      if (context.session === null) report('the administrator chose a password of their own: found, not tried');
    },
  },
  {
    name: 'stamp',
    title: 'Record what is installed',
    async run(context) {
      const { layout, platformVersion } = context;
      const now = new Date().toISOString();
      updateState(layout, platformVersion, { lastHealthyAt: now, lastHealthyVersion: platformVersion });
      advance(context, 'proven');
    },
  },
];

const tidying: Step<RestoreContext> = {
  name: 'tidy',
  title: 'Remove what was replaced',
  async run(context) {
    const { layout, runtime } = context;
    // An update that was interrupted is over: neither of its versions is what is installed now.
    if (hasUpdatePlan(layout)) await runtime.hideMaintenance(open(context));
    removeUpdatePlan(layout);
    await runtime.restoreSnapshot(layout).tidy();
    removePlan(layout);
  },
};

const open = ({ layout }: RestoreContext): Stack => openStack(layout.baseDir, layout.tenant);

/**
 * Puts a backup in the place of a stack, or where there is none, and proves that it works before what it replaced is
 * removed. When it does not work, what was there before is put back. One that was killed is finished by running it again.
 */
export async function restoreStack(options: RestoreOptions): Promise<RestoreResult> {
  const { backup, tenant } = options;
  const layout = stackLayout(options.baseDir, tenant);
  assertFits(backup, tenant);
  const runtime = options.runtimeNamed(backup.manifest.runtime);
  const lock = lockStack(layout.lockFile, tenant, 'sfp server restore');
  try {
    const fresh = !existsSync(layout.dir);
    const context = await begin(options, layout, runtime);
    const run = (steps: readonly Step<RestoreContext>[]): Promise<void> =>
      runSteps('restore', layout.journalFile, steps, context, options.progress);
    if (context.plan.phase === 'unpacking') {
      try {
        await run(unpacking);
      } catch (error) {
        await abandon(context);
        if (fresh) rmSync(layout.dir, { recursive: true, force: true });
        throw error;
      }
      advance(context, 'placing');
    }
    try {
      await run(context.plan.phase === 'proving' ? [stop, ...proving] : [stop, placing, ...proving]);
    } catch (error) {
      throw await reverted(context, error);
    }
    await run([tidying]);
    return { stack: open(context), session: context.session, manifest: backup.manifest };
  } finally {
    lock.release();
  }
}

/** Where an interrupted restore of the same backup stands, or a new one; what another one left is put in order first. */
async function begin(options: RestoreOptions, layout: StackLayout, runtime: StackRuntime): Promise<RestoreContext> {
  const { backup, progress } = options;
  const common = { ...options, layout, runtime, session: null };
  const left = readPlan(layout);
  const same = left?.manifest.seal === backup.manifest.seal;
  if (left !== null && same && (left.phase === 'placing' || left.phase === 'proving')) {
    progress.info(`going on with the restore that was interrupted (${left.phase})`);
    return { ...common, plan: left };
  }
  if (left !== null && left.phase !== 'unpacking' && left.phase !== 'proven') {
    progress.info(`putting back what an interrupted restore of ${left.from} replaced`);
    await putBack({ ...common, runtime: options.runtimeNamed(left.manifest.runtime), plan: left });
  }
  if (left !== null) await options.runtimeNamed(left.manifest.runtime).restoreSnapshot(layout).tidy();
  removePlan(layout);
  makeStackDirectories(layout);
  const { manifest, path: from } = backup;
  const had = filesPresent(layout);
  const ran = had.includes('server.json') && (await isRunning(layout, runtime));
  const plan = writePlan(layout, { version: 1, phase: 'unpacking', from, manifest, had, ran });
  return { ...common, plan };
}

/** Removes what was unpacked. What cannot be removed now goes with the next restore, and hides no reason of the first. */
async function abandon({ layout, runtime, progress }: RestoreContext): Promise<void> {
  try {
    await runtime.restoreSnapshot(layout).tidy();
    removePlan(layout);
  } catch (error) {
    progress.info(`what was unpacked is not removed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A stack whose files cannot be read is taken for stopped; what still runs of it is ended before anything changes place. */
async function isRunning(layout: StackLayout, runtime: StackRuntime): Promise<boolean> {
  try {
    return (await runtime.status(openStack(layout.baseDir, layout.tenant))).status !== 'stopped';
  } catch (error) {
    if (error instanceof SfpError) return false;
    throw error;
  }
}

/** Puts everything back as it was and returns the failure, with what was done about it. */
async function reverted(context: RestoreContext, cause: unknown): Promise<SfpError> {
  const failure =
    cause instanceof SfpError
      ? cause.toFailure()
      : { code: 'internal', message: cause instanceof Error ? cause.message : String(cause) };
  const { plan, layout, runtime, progress } = context;
  const title = plan.had.length > 0 ? 'Put back what was there before' : 'Remove what was restored';
  const step: Step<RestoreContext> = {
    name: 'put-back',
    title,
    async run(current, report) {
      await putBack(current);
      await runtime.restoreSnapshot(layout).tidy();
      removePlan(layout);
      if (plan.ran) await runtime.start(open(current), { signal: new AbortController().signal, report });
    },
  };
  const told = (outcome: string): SfpError =>
    new SfpError(
      { ...failure, detail: [failure.detail, outcome].filter((line) => line !== undefined).join('\n') },
      { cause },
    );
  try {
    await runSteps('restore', layout.journalFile, [step], context, progress);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return told(`Putting back the stack failed too: ${reason} Run the same command again, or \`sfp server start\`.`);
  }
  if (plan.had.length === 0) return told(`Nothing of the backup was kept. Logs are in ${layout.logsDir}.`);
  return told(`The stack is back as it was before the restore${plan.ran ? ', and runs' : ''}.`);
}

/** Refuses what must not be restored here, before anything is touched. */
function assertFits({ manifest, path }: StoredBackup, tenant: string): void {
  if (manifest.tenant !== tenant) {
    throw new SfpError({
      code: 'backup_of_another_stack',
      message: `This is a backup of stack "${manifest.tenant}", not of "${tenant}".`,
      detail: path,
      suggestion: `Restore it under its own name: sfp server restore --tenant ${manifest.tenant} --from ${path}`,
    });
  }
  if (manifest.schema.version > schemaVersion) {
    throw new SfpError({
      code: 'schema_too_new',
      message: `The backup has schema ${manifest.schema.version}; this version of sfp knows ${schemaVersion}.`,
      detail: `It was made by version ${manifest.platformVersion}.`,
      suggestion: `Install sfp ${manifest.platformVersion} or newer and restore with that.`,
    });
  }
}
