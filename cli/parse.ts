import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { ArgumentSpec, CommandEntry, CommandModule, OptionSpec, ParsedValues } from './command.ts';
import { commandTable, groupSummaries } from './command-table.ts';
import { globalOptions } from './globals.ts';
import { aliasesOf, groupOf } from './group-aliases.ts';
import { platformVersion } from './platform-version.ts';
import { UsageError } from './usage-error.ts';

export type ParsedCommandLine =
  /** Help or version: nothing to run. */
  { kind: 'text'; text: string } | { kind: 'run'; module: CommandModule; values: ParsedValues };

/** The table's entry that the words call; options may stand between the words. */
export function findEntry(argv: readonly string[]): CommandEntry | undefined {
  const [first = '', ...others] = argv.filter((word) => !word.startsWith('-'));
  const words = [groupOf(first), ...others];
  return commandTable.find(({ path }) => {
    const parts = path.split(' ');
    return parts.every((part, index) => words[index] === part);
  });
}

/** Parses a line without its global options. Loads the called command's module and no other. */
export async function parseCommandLine(argv: readonly string[], width: number): Promise<ParsedCommandLine> {
  const called = findEntry(argv);
  const module = called === undefined ? undefined : (await called.load()).command;
  let shown = '';
  let run: ParsedValues | undefined;

  const configure = (command: Command): Command =>
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => {
          shown += text;
        },
        writeErr: (text) => {
          shown += text;
        },
        getOutHelpWidth: () => Math.min(width, 100),
      })
      .helpOption('-h, --help', 'Show this')
      .helpCommand(false);

  const program = configure(new Command('sfp'))
    .description('Your own deployment platform: stacks, deployments, live.')
    .version(platformVersion(), '-V, --version', 'Show the version')
    // Behind a command it is that command's: `sfp document get … --version 3`.
    .enablePositionalOptions()
    .addHelpText('after', '\nStart with: sfp quickstart');
  addGlobals(program);
  const groups = new Map<string, Command>();
  for (const entry of commandTable) {
    const [first = '', second] = entry.path.split(' ');
    const parent = second === undefined ? program : (groups.get(first) ?? group(first));
    // A word may be both, a command and a group: then its verbs come before it in the table.
    const both = second === undefined ? groups.get(first) : undefined;
    const leaf =
      both?.usage('[options] | <command>') ?? configure(parent.command(second ?? first)).summary(entry.summary);
    leaf.description(entry.summary);
    if (entry !== called || module === undefined) continue;
    if (module.description !== undefined) leaf.description(`${entry.summary}.\n\n${module.description}`);
    declare(leaf, module);
    leaf.action(() => {
      run = valuesOf(leaf, module);
    });
  }

  function group(name: string): Command {
    const made = configure(program.command(name)).summary(groupSummaries[name] ?? name);
    made
      .description(groupSummaries[name] ?? name)
      .usage('<command>')
      .aliases(aliasesOf(name));
    groups.set(name, made);
    return made;
  }

  // A group or the program alone asks for its help, as `--help` does.
  const words = argv.filter((word) => !word.startsWith('-'));
  const alone = argv.length === 0 ? program : argv.length === 1 ? groups.get(groupOf(words[0] ?? '')) : undefined;
  if (alone !== undefined) {
    alone.outputHelp();
    return { kind: 'text', text: shown };
  }

  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text: shown };
    throw usageError(error, called);
  }
  if (run === undefined || module === undefined) throw new UsageError('No command was given.', 'See: sfp --help');
  return { kind: 'run', module, values: run };
}

function usageError(error: CommanderError, called: CommandEntry | undefined): UsageError {
  const [, message = error.message, meant] =
    /^(?:error: )?(.*?)(?:\s*\(Did you mean (.*)\?\))?$/s.exec(error.message) ?? [];
  // Some of commander's messages end with a sentence of ours, which has its full stop.
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1).trim().replace(/\.$/, '')}.`;
  const help = `sfp ${called === undefined ? '' : `${called.path} `}--help`;
  return new UsageError(sentence, meant === undefined ? `See: ${help}` : `Did you mean ${meant}? See: ${help}`);
}

function addGlobals(command: Command): void {
  for (const { flags, summary } of globalOptions) command.addOption(new Option(flags, summary));
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function declare(leaf: Command, module: CommandModule): void {
  for (const [name, spec] of Object.entries(module.args)) leaf.argument(argumentText(name, spec), spec.summary);
  for (const [key, spec] of Object.entries(module.options)) leaf.addOption(optionOf(key, spec));
  addGlobals(leaf);
  if (module.examples.length > 0) {
    leaf.addHelpText('after', `\nExamples:\n${module.examples.map((line) => `  $ ${line}`).join('\n')}`);
  }
}

/** How help writes an argument: `<name>`, `[name]` or `[name...]`. */
export const argumentText = (name: string, { optional, variadic }: ArgumentSpec): string =>
  variadic === true ? `[${name}...]` : optional === true ? `[${name}]` : `<${name}>`;

function optionOf(key: string, spec: OptionSpec): Option {
  const name = `${spec.short === undefined ? '' : `-${spec.short}, `}--${kebab(key)}`;
  if (spec.type === 'flag') return new Option(name, spec.summary);
  const option = new Option(`${name} <${spec.value}>`, spec.summary);
  if (spec.type === 'list') {
    return option.default([], 'none').argParser((value: string, before: string[]) => [...before, value]);
  }
  if (spec.default !== undefined) option.default(spec.default);
  if (spec.type === 'integer') return option.argParser((value) => integer(value, spec.min, spec.max));
  if (spec.choices !== undefined) option.choices([...spec.choices]);
  return spec.required === true ? option.makeOptionMandatory() : option;
}

function integer(text: string, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= min && value <= max) return value;
  throw new InvalidArgumentError(
    `It must be a whole number${max === Number.MAX_SAFE_INTEGER ? '' : ` from ${min} to ${max}`}.`,
  );
}

/** `--no-browser` stands in commander's `browser` as false, beside `--browser`, which stands there as true. */
function flagged(given: ParsedValues['options'], key: string): boolean {
  const [, first, rest] = /^no([A-Z])(.*)$/.exec(key) ?? [];
  return first === undefined ? given[key] === true : given[`${first.toLowerCase()}${rest}`] === false;
}

function valuesOf(leaf: Command, module: CommandModule): ParsedValues {
  const given = leaf.opts<ParsedValues['options']>();
  const options = Object.entries(module.options).map(([key, spec]) => [
    key,
    spec.type === 'flag' ? flagged(given, key) : given[key],
  ]);
  const args = Object.keys(module.args).map((name, index) => [name, leaf.processedArgs[index]]);
  return { args: Object.fromEntries(args), options: Object.fromEntries(options) };
}
