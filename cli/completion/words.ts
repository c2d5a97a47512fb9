import type { CommandModule, CommandTable } from '../command.ts';
import { globalOptions } from '../globals.ts';

export interface CompletionEntry {
  words: readonly string[];
  summary: string;
  options: readonly { name: string; summary: string; takesValue: boolean; choices: readonly string[] }[];
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Every command with its options, as the shells' scripts need them. */
export async function completionEntries({ entries }: CommandTable): Promise<readonly CompletionEntry[]> {
  return Promise.all(
    entries.map(async ({ path, summary, load }) => ({
      words: path.split(' '),
      summary,
      options: [...optionsOf((await load()).command), ...shared],
    })),
  );
}

const shared = globalOptions.map(({ flags, summary }) => ({
  name: /--[a-z-]+/.exec(flags)?.[0] ?? flags,
  summary,
  takesValue: flags.includes('<'),
  choices: [],
}));

const optionsOf = ({ options }: CommandModule): CompletionEntry['options'] =>
  Object.entries(options).map(([key, spec]) => ({
    name: `--${kebab(key)}`,
    summary: spec.summary,
    takesValue: spec.type !== 'flag',
    choices: spec.type === 'string' ? (spec.choices ?? []) : [],
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
