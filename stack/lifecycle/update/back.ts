import { SfpError } from '../../../contracts/error.ts';
import { assertChecksums, BackupReader, type StoredBackup } from '../../backup/backup-reader.ts';
import { assertFreeSpace } from '../../backup/free-space.ts';
import { restorePlace } from '../../backup/restore-place.ts';
import { removePlan } from '../../backup/restore-plan.ts';
import { makePassableDirectory } from '../../layout.ts';
import { putProvenSettingsBack } from '../../proven-settings.ts';
import { serverCommand } from '../../server-command.ts';
import { updateState } from '../../state.ts';
import { noteDowntime, stopAgain } from './forward.ts';
import { keptVersion, putVersionBack, removeKeptVersion } from './kept-version.ts';
import { hidePage, showPage } from './page.ts';
import {
  advance,
  backupBefore,
  type MoveContext,
  type MoveStep,
  oldBackup,
  open,
  runMove,
  runtimeOf,
  tidyBackups,
} from './update-context.ts';
import { removeUpdatePlan } from './update-plan.ts';
import { startInstalled, verifyStep } from './verify-step.ts';

/** What may fail on the way back without holding it up: the stop that follows ends whatever is left. */
const tolerated =
  (run: MoveStep['run']): MoveStep['run'] =>
  async (context, report) => {
    try {
      return await run(context, report);
    } catch (error) {
      if (!(error instanceof SfpError)) throw error;
      report(error.message);
      return 'skipped';
    }
  };

const closing: readonly MoveStep[] = [
  {
    name: 'back-drain',
    title: 'Drain the workers',
    run: tolerated(async (context, report) => {
      const [stack, runtime] = [open(context), runtimeOf(context)];
      if ((await runtime.status(stack)).status !== 'running') return 'skipped';
      return runtime.drain(stack, { signal: context.signal, report });
    }),
  },
  { name: 'back-maintenance', title: 'Show the maintenance page', run: tolerated(showPage) },
];

const replacing: readonly MoveStep[] = [
  {
    name: 'back-stop',
    title: 'Stop the stack',
    run: (context, report) => runtimeOf(context).stop(open(context), { report }),
  },
  {
    name: 'back-files',
    title: 'Put the old version back',
    async run(context) {
      const { layout, plan } = context;
      const kept = keptVersion(layout, plan.from);
      if (kept === null) throw gone(context, `the files of version ${plan.from}`);
      if (plan.command === 'update') putProvenSettingsBack(layout);
      putVersionBack(layout, kept, { installed: runtimeOf(context).installed, settings: plan.settings });
    },
  },
  {
    name: 'back-databases',
    title: 'Restore the databases from the backup',
    async run(context, report) {
      if (!context.plan.restore) return 'skipped';
      const backup = oldBackup(context);
      if (backup === null) throw gone(context, `the backup ${context.plan.backup ?? ''}`);
      report(`from ${backup.path}`);
      await restoreDatabases(context, backup);
      return undefined;
    },
  },
];

async function restoreDatabases(context: MoveContext, backup: StoredBackup): Promise<void> {
  const { layout } = context;
  await assertChecksums(backup);
  assertFreeSpace(layout.dir, backup.manifest.snapshot.unpackedBytes);
  const reader = await BackupReader.open(backup, () =>
    Promise.reject(new Error('a backup that an update made has no passphrase')),
  );
  makePassableDirectory(restorePlace(layout).incomingDir);
  const snapshot = runtimeOf(context).restoreSnapshot(layout);
  await snapshot.unpack(reader);
  await snapshot.place();
}

const gone = ({ layout }: MoveContext, what: string): SfpError =>
  new SfpError({
    code: 'rollback_impossible',
    message: `Not there any more: ${what}.`,
    suggestion: `Restore a backup: ${serverCommand(layout, 'restore')}`,
  });

const proof = verifyStep('Prove that the old version works', ({ plan }) => plan.schemaVersion);

const returning: readonly MoveStep[] = [
  {
    name: 'back-start',
    title: 'Start the old version',
    run: async (context, report) => (isLeftStopped(context) ? 'skipped' : startInstalled(context, report)),
  },
  {
    ...proof,
    name: 'back-verify',
    run: async (context, report) => (isLeftStopped(context) ? 'skipped' : proof.run(context, report)),
  },
  { name: 'back-serve', title: 'Serve clients again', run: hidePage },
  stopAgain,
  {
    name: 'back-stamp',
    title: 'Record what is installed',
    async run(context) {
      const { layout, plan } = context;
      const proven = isLeftStopped(context)
        ? {}
        : { lastHealthyAt: new Date().toISOString(), lastHealthyVersion: plan.from };
      updateState(layout, plan.from, proven);
      noteDowntime(context);
      removeKeptVersion(layout, plan.from);
      await runtimeOf(context).restoreSnapshot(layout).tidy();
      removePlan(layout);
      await tidyBackups(context);
      removeUpdatePlan(layout);
    },
  },
];

/** A stopped stack of which nothing was replaced need not be started to prove it. */
const isLeftStopped = ({ plan }: MoveContext): boolean => !plan.ran && plan.backup === null;

/**
 * The way back to the version in the plan, from wherever the plan says. May be called again after a kill or a failure in it;
 * when it resolves, that version has proven to work, and the plan is gone.
 */
export async function goBack(context: MoveContext): Promise<void> {
  const { phase } = context.plan;
  if (phase === 'stopping') {
    // Nothing was replaced. A disk that is full need not take this note: the way from here is the same.
    if (context.plan.command === 'update') putProvenSettingsBack(context.layout);
    context.plan = { ...context.plan, phase: 'returning', restore: false };
  } else if (phase === 'installing') advance(context, { phase: 'reverting', restore: false });
  else if (phase === 'starting') advance(context, { phase: 'reverting' });
  if (context.plan.phase === 'reverting') {
    await runMove(context, closing);
    const { restore, served, saved } = context.plan;
    if (restore && served && saved === null)
      advance(context, { saved: (await backupBefore(context, 'rollback')).path });
    await runMove(context, replacing);
    advance(context, { phase: 'returning' });
  }
  await runMove(context, returning);
}
