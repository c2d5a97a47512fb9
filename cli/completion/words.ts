import type { CommandModule, CommandTable } from '../command.ts';
import { globalOptions } from '../globals.ts';
import { aliasesOf } from '../group-aliases.ts';

interface OptionEntry {
  name: string;
  short: string | undefined;
  summary: string;
  takesValue: boolean;
  choices: readonly string[];
  /** Its value is a name that `sfp __complete` knows. */
  named: boolean;
}

export interface CompletionEntry {
  words: readonly string[];
  summary: string;
  options: readonly OptionEntry[];
  takesArguments: boolean;
  /** An argument of it is a name that `sfp __complete` knows. */
  named: boolean;
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Every command with its options, as the shells' scripts need them. */
export async function completionEntries({ entries }: CommandTable): Promise<readonly CompletionEntry[]> {
  const found = await Promise.all(
    entries.map(async ({ path, summary, load }) => {
      const { command } = await load();
      return {
        words: path.split(' '),
        summary,
        options: [...optionsOf(command), ...shared],
        takesArguments: Object.keys(command.args).length > 0,
        named: Object.values(command.args).some(({ completes }) => completes !== undefined),
      };
    }),
  );
  return found.flatMap((entry) => {
    const [first = '', ...verb] = entry.words;
    return [entry, ...aliasesOf(first).map((alias) => ({ ...entry, words: [alias, ...verb] }))];
  });
}

const shared: readonly OptionEntry[] = globalOptions.map(({ flags, summary }) => {
  const name = /--[a-z-]+/.exec(flags)?.[0] ?? flags;
  const short = /^-([a-z]),/.exec(flags)?.[1];
  return { name, short, summary, takesValue: flags.includes('<'), choices: [], named: name === '--context' };
});

const optionsOf = ({ options }: CommandModule): CompletionEntry['options'] =>
  Object.entries(options).map(([key, spec]) => ({
    name: `--${kebab(key)}`,
    short: spec.short,
    summary: spec.summary,
    takesValue: spec.type !== 'flag',
    choices: spec.type === 'string' ? (spec.choices ?? []) : [],
    named: 'completes' in spec && spec.completes !== undefined,
  }));

/** First words, and the verbs below each group. */
export function tree(entries: readonly CompletionEntry[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { words } of entries) {
    const [first = '', second] = words;
    const verbs = groups.get(first) ?? [];
    groups.set(first, second === undefined ? verbs : [...verbs, second]);
  }
  return groups;
}
