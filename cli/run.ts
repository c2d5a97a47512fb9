import type { CommandServices } from './command.ts';
import { commandTable, groupSummaries } from './command-table.ts';
import type { ContextStore } from './context/store.ts';
import type { ExitCode } from './exit-code.ts';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import type { Globals } from './globals.ts';
import { takeGlobals } from './globals.ts';
import type { Input } from './input/input.ts';
import { createOutput } from './output/create-output.ts';
import { failureOf } from './output/failure-of.ts';
import type { Output } from './output/output.ts';
import { parseCommandLine } from './parse.ts';

/** Runs one command line and returns the exit code. The last-resort handler: nothing is thrown out of here. */
export async function runCli(argv: readonly string[]): Promise<ExitCode> {
  const { stdout, stderr, env } = process;
  // `sfp task list | head`: the reader has gone, so there is nobody to tell.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  let output = createOutput({ mode: 'text', quiet: false, stdout, stderr, env });
  try {
    const { globals, rest } = takeGlobals(argv, env);
    output = createOutput({ mode: globals.mode, quiet: globals.quiet, stdout, stderr, env });
    const parsed = await parseCommandLine(rest, output.style.width);
    if (parsed.kind === 'text') {
      stdout.write(parsed.text);
      return exitCodes.ok;
    }
    return await parsed.module.run(await services(globals, output), parsed.values);
  } catch (error) {
    const failure = failureOf(error);
    output.fail(failure);
    return exitCodeOf(failure.code, error);
  } finally {
    output.close();
  }
}

async function services(globals: Globals, output: Output): Promise<CommandServices> {
  const { contextsPath } = await import('./context/contexts-path.ts');
  const { createFileContextStore } = await import('./context/file-store.ts');
  const { createInput } = await import('./input/create-input.ts');
  const signal = interruption();
  const contexts: ContextStore = createFileContextStore(contextsPath(process.env));
  const input: Input = createInput({ stdin: process.stdin, stderr: process.stderr, noInput: globals.noInput, signal });
  const table = { entries: commandTable, groupSummaries };
  return { output, input, contexts, contextName: globals.contextName, env: process.env, table, signal };
}

/** The first signal asks the command to end; the second one ends the process and says that nothing was tidied up. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      process.stderr.write('\nStopped at once; what was running was left as it is.\n');
      process.exit(exitCodes.cancelled);
    }
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return controller.signal;
}
