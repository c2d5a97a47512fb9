import type { OutputMode } from './output/output.ts';
import { UsageError } from './usage-error.ts';

/** Options that every command has, wherever they stand on the line. */
export const globalOptions = [
  { flags: '--json [stream]', summary: 'JSON on stdout; --json=stream gives one event a line' },
  { flags: '--context <name>', summary: 'Talk to this saved server instead of the current one' },
  { flags: '--no-input', summary: 'Never ask; fail with what is missing' },
  { flags: '-q, --quiet', summary: 'Only results and errors' },
] as const;

export interface Globals {
  mode: OutputMode;
  contextName: string | undefined;
  noInput: boolean;
  quiet: boolean;
}

const jsonModes: Record<string, OutputMode> = { '--json': 'json', '--json=stream': 'stream', '--json=text': 'text' };

/**
 * Takes the global options out of the line and returns the rest for the command's own parser. They are ours and not
 * commander's because `--json` has an optional value that must not swallow the next word.
 */
export function takeGlobals(argv: readonly string[], env: NodeJS.ProcessEnv): { globals: Globals; rest: string[] } {
  const globals: Globals = { mode: 'text', contextName: env.SFP_CONTEXT || undefined, noInput: false, quiet: false };
  const rest: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') return { globals, rest: [...rest, ...argv.slice(index)] };
    const mode = jsonModes[word];
    if (mode !== undefined) globals.mode = mode;
    else if (word.startsWith('--json=')) {
      throw new UsageError(
        `${word} is not an output mode.`,
        'Use --json for one document or --json=stream for events.',
      );
    } else if (word === '--no-input') globals.noInput = true;
    else if (word === '-q' || word === '--quiet') globals.quiet = true;
    else if (word === '--context' || word.startsWith('--context=')) {
      const value = word === '--context' ? argv[++index] : word.slice('--context='.length);
      if (!value) throw new UsageError('--context needs a name.', 'List the names with: sfp context list');
      globals.contextName = value;
    } else rest.push(word);
  }
  return { globals, rest };
}
