import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type JournalEntry, readJournal } from '../../stack/journal.ts';
import type { StackLayout } from '../../stack/layout.ts';
import { readUpdatePlan } from '../../stack/lifecycle/update/update-plan.ts';
import { readState } from '../../stack/state.ts';
import { type NextVersionKind, nextPlatformVersion } from './next-version.ts';
import { acrossVersions } from './table-digest.ts';
import { waitFor } from './wait.ts';

/** What happens in the middle of an update, and where the stack has to be when all is over. */
export interface UpdateFault {
  name: string;
  /** The version that the update goes to. */
  version: NextVersionKind;
  /** The command is killed (SIGKILL) when each of these steps begins, and run again. */
  kills?: readonly string[];
  /** The command gets one Ctrl-C when this step begins. */
  interruptAt?: string;
  /** There is no room for the backup. */
  noRoom?: true;
  /** What is run after the kills; `update` when left out. */
  finish?: 'rollback';
  /** The version that runs at the end: with the data as they were in both cases. */
  end: 'old' | 'new';
  exit: number;
  /** Code of the failure that the last command tells. */
  code?: string;
}

/** From the line on, in order; the backup's steps have its prefix. */
const forward = [
  'drain',
  'maintenance',
  'stop',
  'backup-prepare',
  'backup-databases',
  'backup-files',
  'backup-complete',
  'backup-verify',
  'keep',
  'install',
  'start',
  'verify',
  'stamp',
  'tidy',
] as const;

const back = [
  'back-maintenance',
  'backup-databases',
  'back-stop',
  'back-files',
  'back-databases',
  'back-start',
  'back-verify',
  'back-stamp',
] as const;

/** The same on every runtime; docs/update.md shows it. The last row leaves the stack on the new version. */
export const updateFaults: readonly UpdateFault[] = [
  {
    name: 'SIGKILL before the line',
    version: 'good',
    kills: ['review', 'checks', 'prepare'],
    finish: 'rollback',
    end: 'old',
    exit: 1,
    code: 'nothing_to_roll_back_to',
  },
  { name: 'a full disk at the backup', version: 'good', noRoom: true, end: 'old', exit: 1, code: 'update_rolled_back' },
  {
    name: 'Ctrl-C in the backup',
    version: 'good',
    interruptAt: 'backup-databases',
    end: 'old',
    exit: 3,
    code: 'cancelled',
  },
  { name: 'a migration that fails', version: 'failing-migration', end: 'old', exit: 1, code: 'update_rolled_back' },
  {
    name: 'SIGKILL while the new version starts, then rollback',
    version: 'good',
    kills: ['start'],
    finish: 'rollback',
    end: 'old',
    exit: 0,
  },
  {
    name: 'a version that does not prove to work, and SIGKILL in each step of the way back',
    version: 'unproven',
    kills: back,
    end: 'old',
    exit: 1,
    code: 'update_rolled_back',
  },
  { name: 'SIGKILL in each step of an update', version: 'good', kills: forward, end: 'new', exit: 0 },
];

/** A command at work, as the runner needs it. */
interface UpdateProcess {
  readonly child: { pid?: number | undefined; kill(signal: NodeJS.Signals): boolean };
  readonly exit: Promise<number | null>;
  readonly stderr: string;
}

export interface FaultyStack {
  layout: StackLayout;
  /** The version that it has before the update. */
  old: string;
  /** Starts `sfp server update` of that version, or `rollback` with the CLI of the installed one; perhaps without room for backups. */
  start(command: 'update' | 'rollback', version: NextVersionKind, noRoomIn: string | null): UpdateProcess;
  /** Runs `sfp server start` to its end. */
  tryStart(): Promise<{ code?: number | null | undefined; stderr: string }>;
  status(): Promise<string>;
  digests(): Promise<string[]>;
}

/** Lets a fault happen in a stack, and expects what the table says of its end. */
export async function proveFault(fault: UpdateFault, stack: FaultyStack): Promise<void> {
  const { layout, old } = stack;
  const before = await stack.digests();
  mkdirSync(backupsOf(layout), { recursive: true });
  const { exit, stderr } = await endFault(fault, stack);
  expect(exit, stderr).toBe(fault.exit);
  if (fault.code !== undefined) expect(stderr).toContain(fault.code);
  expect(readState(layout)?.platformVersion).toBe(fault.end === 'old' ? old : nextPlatformVersion);
  for (const left of ['update.json', 'restore']) expect(existsSync(join(layout.dir, left)), left).toBe(false);
  expect(await stack.status()).toBe('running');
  const compared = fault.end === 'old' ? (digests: string[]) => digests : acrossVersions;
  expect(compared(await stack.digests())).toEqual(compared(before));
}

const backupsOf = ({ dir }: StackLayout): string => join(dir, 'backups');

async function endFault(fault: UpdateFault, stack: FaultyStack): Promise<{ exit: number | null; stderr: string }> {
  const { journalFile } = stack.layout;
  const noRoomIn = fault.noRoom ? backupsOf(stack.layout) : null;
  const refusedIn = new Set<string>();
  for (const step of fault.kills ?? []) {
    const command = stack.start('update', fault.version, noRoomIn);
    await atStep(journalFile, step, command);
    command.child.kill('SIGKILL');
    await command.exit;
    await expectRefusal(stack, step, refusedIn);
  }
  const last = stack.start(fault.finish ?? 'update', fault.version, noRoomIn);
  if (fault.interruptAt !== undefined) {
    await atStep(journalFile, fault.interruptAt, last);
    last.child.kill('SIGINT');
  }
  return { exit: await last.exit, stderr: last.stderr };
}

/** Once in each phase that an interrupted update can be in: nothing else starts the stack. */
async function expectRefusal(stack: FaultyStack, step: string, refusedIn: Set<string>): Promise<void> {
  const phase = readUpdatePlan(stack.layout)?.phase ?? 'done';
  if (phase === 'done' || refusedIn.has(phase)) return;
  refusedIn.add(phase);
  expect(await stack.tryStart(), step).toMatchObject({ code: 1, stderr: expect.stringContaining('update_unfinished') });
}

/** Waits until a process has begun a step; it is on disk before the step does anything. */
async function atStep(journalFile: string, step: string, process: UpdateProcess): Promise<void> {
  const ended: { code?: number | null } = {};
  void process.exit.then((code) => {
    ended.code = code;
  });
  const begun = (entry: JournalEntry): boolean => entry.pid === process.child.pid && entry.step === step;
  const seen = await waitFor(
    () => {
      if (readJournal(journalFile).some(begun)) return 'begun';
      return ended.code === undefined ? undefined : 'ended';
    },
    { timeoutMs: 120_000, what: `step ${step}`, everyMs: 2 },
  );
  if (seen === 'ended') throw new Error(`The command ended with ${ended.code} before step ${step}:\n${process.stderr}`);
}
