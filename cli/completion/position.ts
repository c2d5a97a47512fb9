import type { CommandEntry, CommandModule, OptionSpec } from '../command.ts';
import type { NameKind } from './name-kind.ts';

/** What stands at the cursor, and what was typed before it that says more. */
export interface Position {
  kind: NameKind;
  /** Values of options, by their key. */
  options: ReadonlyMap<string, string>;
}

const camel = (name: string): string => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
const completesOf = (spec: OptionSpec | undefined): NameKind | undefined =>
  spec !== undefined && 'completes' in spec ? spec.completes : undefined;

/** The option that a word calls, when it takes a value, with the value that is in the same word. */
function valueOption(
  { options }: CommandModule,
  word: string,
): { key: string; spec: OptionSpec; inWord?: string } | undefined {
  const [, name, inWord] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
  const [, short, glued] = /^-([a-zA-Z])(.*)$/s.exec(word) ?? [];
  const key = name === undefined ? Object.keys(options).find((each) => options[each]?.short === short) : camel(name);
  const spec = key === undefined ? undefined : options[key];
  if (key === undefined || spec === undefined || spec.type === 'flag') return undefined;
  const value = name === undefined ? glued || undefined : inWord;
  return value === undefined ? { key, spec } : { key, spec, inWord: value };
}

/**
 * Reads a line without its global options as far as it is typed.
 * @param before whole words
 * @param current the word at the cursor, maybe empty
 */
export function positionOf(
  entry: CommandEntry,
  module: CommandModule,
  before: readonly string[],
  current: string,
): Position | undefined {
  const options = new Map<string, string>();
  const args: string[] = [];
  for (let index = 0; index < before.length; index += 1) {
    const word = before[index] ?? '';
    if (!word.startsWith('-')) args.push(word);
    else {
      const option = valueOption(module, word);
      if (option === undefined) continue;
      const value = option.inWord ?? before[++index];
      if (value === undefined) return at(completesOf(option.spec));
      options.set(option.key, value);
    }
  }
  if (current.startsWith('-')) {
    const option = valueOption(module, current.includes('=') ? current : '');
    return at(completesOf(option?.spec));
  }
  const specs = Object.values(module.args);
  const index = args.length - entry.path.split(' ').length;
  const last = specs.at(-1);
  return at((specs[index] ?? (last?.variadic === true ? last : undefined))?.completes);

  function at(kind: NameKind | undefined): Position | undefined {
    return kind === undefined ? undefined : { kind, options };
  }
}
