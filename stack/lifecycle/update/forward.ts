import { schemaVersion } from '../../../contracts/schema-version.ts';
import { appendJournal } from '../../journal.ts';
import { updateState } from '../../state.ts';
import { keepVersion, keptVersions, removeKeptVersion } from './kept-version.ts';
import { hidePage, showPage } from './page.ts';
import {
  advance,
  backupBefore,
  type MoveContext,
  type MoveStep,
  open,
  runMove,
  runtimeOf,
  tidyBackups,
} from './update-context.ts';
import { downtimeOf, removeUpdatePlan } from './update-plan.ts';
import { startInstalled, verifyStep } from './verify-step.ts';

const stopping: readonly MoveStep[] = [
  {
    name: 'drain',
    title: 'Drain the workers',
    async run(context, report) {
      if (!context.plan.ran) return 'skipped';
      await runtimeOf(context).drain(open(context), { signal: context.signal, report });
      return undefined;
    },
  },
  { name: 'maintenance', title: 'Show the maintenance page', run: showPage },
  {
    name: 'stop',
    title: 'Stop what is replaced',
    async run(context, report) {
      const [stack, runtime] = [open(context), runtimeOf(context)];
      await runtime.stopForUpdate(stack, await runtime.plan(stack), { report });
    },
  },
];

const keep: MoveStep = {
  name: 'keep',
  title: 'Keep the old version aside',
  async run(context) {
    const { layout, plan } = context;
    if (plan.backup === null) throw new Error('the update has no backup');
    const { from, to, backup, schemaVersion: oldSchema } = plan;
    await keepVersion(layout, runtimeOf(context).installed, { from, to, backup, schemaVersion: oldSchema });
    advance(context, { phase: 'installing' });
  },
};

const installing: MoveStep = {
  name: 'install',
  title: 'Install the new version',
  async run(context) {
    await runtimeOf(context).install(open(context));
    advance(context, { phase: 'starting' });
  },
};

const starting: readonly MoveStep[] = [
  { name: 'start', title: 'Start the new version', run: startInstalled },
  verifyStep('Verify the new version', () => schemaVersion),
  { name: 'serve', title: 'Serve clients again', run: hidePage },
  {
    name: 'stamp',
    title: 'Record what is installed',
    async run(context) {
      const { layout, plan } = context;
      const { to } = plan;
      updateState(layout, to, { lastHealthyAt: new Date().toISOString(), lastHealthyVersion: to });
      advance(context, { phase: 'done' });
      noteDowntime(context);
    },
  },
];

export const stopAgain: MoveStep = {
  name: 'stop-again',
  title: 'Stop the stack, as it was before',
  async run(context, report) {
    if (context.plan.ran) return 'skipped';
    await runtimeOf(context).stop(open(context), { report });
    return undefined;
  },
};

export function noteDowntime({ layout, plan }: MoveContext): void {
  const durationMs = downtimeOf(plan);
  if (durationMs === null) return;
  appendJournal(layout.journalFile, { command: plan.command, step: 'downtime', result: 'done', durationMs });
}

/** Everything after the line, from where the plan says. A failure leaves the plan where it is. */
export async function goForward(context: MoveContext): Promise<void> {
  if (context.plan.phase === 'stopping') {
    await runMove(context, stopping);
    const { path } = await backupBefore(context, 'update');
    advance(context, { backup: path });
    await runMove(context, [keep]);
  }
  if (context.plan.phase === 'installing') await runMove(context, [installing]);
  if (context.plan.phase === 'starting') await runMove(context, starting);
}

/** What is left when the new version has proven to work. */
export const tidyUpdate: readonly MoveStep[] = [
  stopAgain,
  {
    name: 'tidy',
    title: 'Remove what is no longer needed',
    async run(context) {
      const { layout, keep: count } = context;
      for (const { from } of keptVersions(layout).slice(count)) removeKeptVersion(layout, from);
      await tidyBackups(context);
      removeUpdatePlan(layout);
    },
  },
];
