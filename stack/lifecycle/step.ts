import { SfpError } from '../../contracts/error.ts';
import { asDiskFull } from '../disk-full.ts';
import { appendJournal, type JournalNote } from '../journal.ts';

/** One part of a lifecycle command. Running it again when it was done, or half done, gives the same result. */
export interface Step<Context> {
  /** Stable name, for the journal. */
  name: string;
  /** What a person reads while it runs. */
  title: string;
  /** Answers 'skipped' when there was nothing to do. */
  run(context: Context, report: (detail: string) => void): Promise<unknown>;
}

/** Who watches a lifecycle command. */
export interface Progress {
  step(title: string, state: 'running' | 'done' | 'skipped' | 'failed', detail?: string): void;
  info(message: string): void;
}

/** Runs the steps in order, each with its entries in the stack's journal. The first that fails ends it. */
export async function runSteps<Context>(
  command: string,
  journalFile: string,
  steps: readonly Step<Context>[],
  context: Context,
  progress: Progress,
): Promise<void> {
  for (const { name, title, run } of steps) {
    const began = performance.now();
    const durationMs = (): number => Math.round(performance.now() - began);
    progress.step(title, 'running');
    const note = (entry: Pick<JournalNote, 'result' | 'durationMs' | 'failure'>): void =>
      appendJournal(journalFile, { command, step: name, ...entry });
    try {
      note({ result: 'started' });
      const result = (await run(context, progress.info)) === 'skipped' ? 'skipped' : 'done';
      note({ result, durationMs: durationMs() });
      progress.step(title, result);
    } catch (thrown) {
      const error = asDiskFull(thrown, journalFile);
      const failure =
        error instanceof SfpError
          ? error.toFailure()
          : { code: 'internal', message: error instanceof Error ? error.message : String(error) };
      progress.step(title, 'failed');
      try {
        note({ result: 'failed', durationMs: durationMs(), failure });
      } catch (unwritten) {
        // Why the step failed says more than that the journal could not be written; a full disk is both.
        progress.info(`the journal cannot be written: ${unwritten instanceof Error ? unwritten.message : unwritten}`);
      }
      throw error;
    }
  }
}
