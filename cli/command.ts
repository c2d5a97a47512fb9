import type { NameKind } from './completion/name-kind.ts';
import type { ContextStore } from './context/store.ts';
import type { ExitCode } from './exit-code.ts';
import type { Input } from './input/input.ts';
import type { Output } from './output/output.ts';

/** One option of a command, `--<key in kebab-case>`. A secret is never an option's value. */
export type OptionSpec =
  | { type: 'flag'; summary: string; short?: string }
  | {
      type: 'string';
      summary: string;
      /** What help shows between angle brackets: `name`, `path`. */
      value: string;
      short?: string;
      required?: true;
      default?: string;
      choices?: readonly string[];
      /** What it names, for shells to complete. */
      completes?: NameKind;
    }
  | { type: 'integer'; summary: string; value: string; short?: string; default?: number; min?: number; max?: number }
  /** May be given several times. */
  | { type: 'list'; summary: string; value: string; short?: string; completes?: NameKind };

export interface ArgumentSpec {
  summary: string;
  /** Required unless said otherwise. */
  optional?: true;
  /** The last one: all words that are left, none too. */
  variadic?: true;
  /** What it names, for shells to complete. */
  completes?: NameKind;
}

type OptionValue<Spec extends OptionSpec> = Spec extends { type: 'flag' }
  ? boolean
  : Spec extends { type: 'list' }
    ? readonly string[]
    : Spec extends { type: 'integer' }
      ? Spec extends { default: number }
        ? number
        : number | undefined
      : Spec extends { choices: readonly (infer Choice)[]; required: true }
        ? Choice
        : Spec extends { choices: readonly (infer Choice)[]; default: string }
          ? Choice
          : Spec extends { choices: readonly (infer Choice)[] }
            ? Choice | undefined
            : Spec extends { required: true } | { default: string }
              ? string
              : string | undefined;

type OptionValues<Specs extends Record<string, OptionSpec>> = {
  readonly [Key in keyof Specs]: OptionValue<Specs[Key]>;
};
type ArgumentValues<Specs extends Record<string, ArgumentSpec>> = {
  readonly [Key in keyof Specs]: Specs[Key] extends { variadic: true }
    ? readonly string[]
    : Specs[Key] extends { optional: true }
      ? string | undefined
      : string;
};

/** One line of the command table. */
export interface CommandEntry {
  /** The words that call it. */
  path: string;
  summary: string;
  load(): Promise<{ command: CommandModule }>;
}

/** All there is to call: for completion, which cannot import the table that imports it. */
export interface CommandTable {
  entries: readonly CommandEntry[];
  groupSummaries: Readonly<Record<string, string>>;
}

/** What every command is given. It knows neither the output mode nor whether a person watches: `output` and `input` do. */
export interface CommandServices {
  output: Output;
  input: Input;
  contexts: ContextStore;
  /** `--context`: which saved server to talk to; undefined means the current one. */
  contextName: string | undefined;
  env: NodeJS.ProcessEnv;
  table: CommandTable;
  /** Aborted by the first Ctrl-C or SIGTERM. The second one ends the process. */
  signal: AbortSignal;
}

interface CommandContext<
  Args extends Record<string, ArgumentSpec> = Record<string, ArgumentSpec>,
  Options extends Record<string, OptionSpec> = Record<string, OptionSpec>,
> extends CommandServices {
  args: ArgumentValues<Args>;
  options: OptionValues<Options>;
}

export interface CommandSpec<Args extends Record<string, ArgumentSpec>, Options extends Record<string, OptionSpec>> {
  /** Shown under the usage line; the one-line summary is in the command table. */
  description?: string;
  /** In order. */
  args?: Args;
  options?: Options;
  examples?: readonly string[];
  /** Ends with the exit code, `ok` when it returns nothing. Expected failures are thrown as `SfpError`. */
  run(context: CommandContext<Args, Options>): Promise<ExitCode> | Promise<void>;
}

/** A command as the program sees it: data for the parser, and one function. Modules export it as `command`. */
export interface CommandModule {
  description?: string;
  args: Record<string, ArgumentSpec>;
  options: Record<string, OptionSpec>;
  examples: readonly string[];
  run(services: CommandServices, values: ParsedValues): Promise<ExitCode>;
}

export interface ParsedValues {
  args: Record<string, string | readonly string[] | undefined>;
  options: Record<string, boolean | string | number | readonly string[] | undefined>;
}

/**
 * Declares a command; the types of `args` and `options` in `run` follow from their specs.
 *
 * @example
 * export const command = defineCommand({
 *   args: { id: { summary: 'Task id' } },
 *   options: { reason: { type: 'string', value: 'text', summary: 'Why' } },
 *   async run({ args, options, output }) { output.result({ id: args.id }, `${args.id}\n`); },
 * });
 */
export function defineCommand<
  const Args extends Record<string, ArgumentSpec> = Record<never, ArgumentSpec>,
  const Options extends Record<string, OptionSpec> = Record<never, OptionSpec>,
>(spec: CommandSpec<Args, Options>): CommandModule {
  return {
    ...(spec.description === undefined ? {} : { description: spec.description }),
    args: spec.args ?? {},
    options: spec.options ?? {},
    examples: spec.examples ?? [],
    async run(services, values) {
      // The parser made `values` from these very specs, which is what the casts say.
      const args = values.args as ArgumentValues<Args>;
      const options = values.options as OptionValues<Options>;
      return (await spec.run({ ...services, args, options })) ?? 0;
    },
  };
}
