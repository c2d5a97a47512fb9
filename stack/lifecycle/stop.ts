import { SfpError } from '../../contracts/error.ts';
import { asDiskFull } from '../disk-full.ts';
import { appendJournal, type JournalNote } from '../journal.ts';
import { type StackLayout, stackLayout } from '../layout.ts';
import { type Lock, lockHolder, lockStack } from '../lock.ts';
import type { StackRuntime } from '../runtime.ts';
import { requireServerSettings } from '../server-settings.ts';
import { openStack, type Stack } from '../stack.ts';
import type { Progress } from './step.ts';

export interface StopOptions {
  baseDir: string;
  tenant: string;
  runtimeFor(stack: Stack): StackRuntime;
  progress: Progress;
}

const title = 'Stop the stack';

/**
 * Stops a stack: workers drain first, the database ends last. A stack that does not run is left as it is. It needs no room on
 * the disk: a stack that fills it must be possible to stop.
 */
export async function stopStack({ baseDir, tenant, runtimeFor, progress }: StopOptions): Promise<Stack> {
  const stack = stackToStop(stackLayout(baseDir, tenant));
  const { layout } = stack;
  const lock = lockWhereThereIsRoom(layout, progress);
  const began = performance.now();
  const durationMs = (): number => Math.round(performance.now() - began);
  try {
    progress.step(title, 'running');
    note(layout, { result: 'started' }, progress);
    await runtimeFor(stack).stop(stack, { report: progress.info });
    note(layout, { result: 'done', durationMs: durationMs() }, progress);
    progress.step(title, 'done');
    return stack;
  } catch (thrown) {
    const error = asDiskFull(thrown, layout.dir);
    const message = error instanceof Error ? error.message : String(error);
    const failure = error instanceof SfpError ? error.toFailure() : { code: 'internal', message };
    progress.step(title, 'failed');
    note(layout, { result: 'failed', durationMs: durationMs(), failure }, progress);
    throw error;
  } finally {
    lock?.release();
  }
}

/** To end processes takes no secrets: a stack whose secrets cannot be read can be stopped too. */
const stackToStop = (layout: StackLayout): Stack => ({
  layout,
  settings: requireServerSettings(layout),
  get secrets() {
    return openStack(layout.baseDir, layout.tenant).secrets;
  },
});

/** Null when a full disk has no room for a lock, and nobody has one. */
function lockWhereThereIsRoom({ lockFile, tenant }: StackLayout, progress: Progress): Lock | null {
  try {
    return lockStack(lockFile, tenant, 'sfp server stop');
  } catch (error) {
    if (!(error instanceof SfpError) || error.code !== 'disk_full' || lockHolder(lockFile) !== null) throw error;
    progress.info('The disk is full: going on without a lock. Start no other command on this stack meanwhile.');
    return null;
  }
}

function note(
  { journalFile }: StackLayout,
  entry: Pick<JournalNote, 'result' | 'durationMs' | 'failure'>,
  progress: Progress,
): void {
  try {
    appendJournal(journalFile, { command: 'stop', step: 'stop', ...entry });
  } catch (unwritten) {
    // The stop matters more than its entry.
    progress.info(`the journal cannot be written: ${unwritten instanceof Error ? unwritten.message : unwritten}`);
  }
}
