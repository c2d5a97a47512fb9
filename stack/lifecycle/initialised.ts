import type { Failure } from '../../contracts/error.ts';
import { readJournal } from '../journal.ts';
import type { StackLayout } from '../layout.ts';
import { serverCommand } from '../server-command.ts';
import { readServerSettings } from '../server-settings.ts';
import { readState } from '../state.ts';

/** Why a stack cannot be started yet, and the command that makes it; null when its init has come to its end. */
export function notInitialised(layout: StackLayout): Failure | null {
  if ((readState(layout)?.initialisedAt ?? null) !== null) return null;
  const mode = readServerSettings(layout)?.mode ?? 'dev';
  const init = serverCommand(layout, 'init', ...(mode === 'dev' ? [] : ['--mode', mode]));
  const journal = readJournal(layout.journalFile);
  if (
    journal.some(({ command }) => command === 'init --render-only') &&
    journal.every(({ command }) => command !== 'init')
  ) {
    return {
      code: 'stack_only_rendered',
      message: `The files of stack "${layout.tenant}" were rendered; it was never started.`,
      suggestion: `Make it and start it with \`${init}\`: it takes the settings and secrets that are there.`,
    };
  }
  return {
    code: 'stack_incomplete',
    message: `The init of stack "${layout.tenant}" was interrupted.`,
    suggestion: `Finish it with \`${init}\`.`,
  };
}
