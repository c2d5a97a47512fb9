import type { ArgumentSpec, CommandEntry, CommandModule, OptionSpec } from '../../cli/command.ts';
import { commandTable, groupSummaries } from '../../cli/command-table.ts';
import { exitCodes } from '../../cli/exit-code.ts';
import { globalOptions } from '../../cli/globals.ts';
import { aliasesOf } from '../../cli/group-aliases.ts';
import { argumentText } from '../../cli/parse.ts';
import { generatedNote } from './generated-note.ts';
import { markdownTable } from './markdown-table.ts';

const exitCodeMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'it worked',
  failed: 'it did not; stderr says why',
  usage: 'the command line is wrong, or something had to be asked and nobody could be',
  cancelled: 'cancelled, or left a task that goes on',
  unauthorised: 'not logged in, or not allowed',
  unhealthy: 'a stack or a check is not well',
};

/** What the CLI itself reads; the processes of a stack have their own. */
const environment: readonly (readonly [name: string, meaning: string])[] = [
  ['SFP_HOME', 'where stacks live, as `--base-dir`; `~/.sfp`, for root `/var/lib/sfp`'],
  ['SFP_URL', 'the server to talk to, together with `SFP_TOKEN`; no saved login is used then'],
  ['SFP_TOKEN', 'an application token (`sfp token create`)'],
  ['SFP_PUBLISHABLE_KEY', 'spares the question for it when `SFP_URL` is set'],
  ['SFP_CONTEXT', 'the saved server to talk to, as `--context`, which wins'],
  ['SFP_CONFIG_DIR', 'where logins are saved; `$XDG_CONFIG_HOME/sfp`, else `~/.config/sfp`'],
  ['SFP_LOG_LEVEL', 'how much the processes of a stack log that is started now: `debug`, `info`, `warn`, `error`'],
  ['NO_COLOR, FORCE_COLOR', 'never, always colour'],
  ['CI, TERM=dumb', 'no live view and no moving lines'],
];

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** docs/cli.md: every command as its module declares it. */
export async function cliPage(): Promise<string> {
  const commands = await Promise.all(
    commandTable.map(async (entry) => ({ entry, module: (await entry.load()).command })),
  );
  const sections = commands.map(({ entry, module }) => commandSection(entry, module));
  const overview = commandTable.map(({ path, summary }) => [
    `[\`sfp ${path}\`](#sfp-${path.replaceAll(' ', '-')})`,
    summary,
  ]);
  const groups = Object.entries(groupSummaries).map(([name, summary]) => [
    [name, ...aliasesOf(name)].map((word) => `\`sfp ${word}\``).join(', '),
    summary,
  ]);
  return `${[
    generatedNote,
    '# Commands',
    'In a checkout every command is called as `npx sfp …`, from the checkout’s directory. `sfp --help`, `sfp <group>` and `sfp <command> --help` say the same as this page.',
    markdownTable(['command', 'what'], overview),
    'Groups:',
    markdownTable(['group', 'what'], groups),
    '## On every command',
    markdownTable(
      ['option', 'what'],
      globalOptions.map(({ flags, summary }) => [`\`${flags}\``, summary]),
    ),
    'Data goes to stdout, messages to stderr. `--json` prints one document; `--json=stream` prints one JSON object a line while things happen, the last one being `{"type":"result",…}` or `{"type":"error",…}`. An error is `{"error":{"code","message","detail","suggestion"}}` on stderr.',
    '## Exit codes',
    markdownTable(['code', 'meaning'], meaningsByCode()),
    '## Environment variables',
    markdownTable(
      ['variable', 'meaning'],
      environment.map(([name, meaning]) => [`\`${name.replace(', ', '`, `')}\``, meaning]),
    ),
    ...sections,
  ].join('\n\n')}\n`;
}

const meaningsByCode = (): string[][] =>
  Object.entries(exitCodes).map(([name, code]) => [String(code), exitCodeMeanings[name as keyof typeof exitCodes]]);

function commandSection({ path, summary }: CommandEntry, module: CommandModule): string {
  const options = Object.entries(module.options);
  const args = Object.entries(module.args);
  return [
    `## sfp ${path}`,
    `${summary}.`,
    `\`\`\`\n${usageLine(path, args, options)}\n\`\`\``,
    ...(module.description === undefined ? [] : [paragraphs(module.description)]),
    ...(args.length === 0 ? [] : [markdownTable(['argument', 'what'], args.map(argumentRow))]),
    ...(options.length === 0 ? [] : [markdownTable(['option', 'what'], options.map(optionRow))]),
    ...(module.examples.length === 0 ? [] : [`\`\`\`sh\n${module.examples.join('\n')}\n\`\`\``]),
  ].join('\n\n');
}

function usageLine(path: string, args: [string, ArgumentSpec][], options: [string, OptionSpec][]): string {
  const required = options.filter(([, spec]) => spec.type === 'string' && spec.required === true);
  return [
    `sfp ${path}`,
    ...args.map(([name, spec]) => argumentText(name, spec)),
    ...required.map(([key, spec]) => `--${kebab(key)} <${spec.type === 'flag' ? '' : spec.value}>`),
    ...(options.length > required.length ? ['[options]'] : []),
  ].join(' ');
}

/** Help's line breaks are kept; an indented block stays one. */
const paragraphs = (description: string): string =>
  description.includes('\n  ')
    ? description.replace(
        /((?:\n {2}.*)+)/,
        (block) => `\n\n\`\`\`\n${block.replace(/^\n/, '').replace(/^ {2}/gm, '')}\n\`\`\``,
      )
    : description.replaceAll('\n', '\n\n');

const argumentRow = ([name, { summary, optional, variadic }]: [string, ArgumentSpec]): string[] => [
  `\`${name}\``,
  optional === true ? `${summary} (optional)` : variadic === true ? `${summary} (any number)` : summary,
];

function optionRow([key, spec]: [string, OptionSpec]): string[] {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const flag = `--${kebab(key)}`;
  if (spec.type === 'flag') return [`\`${short}${flag}\``, spec.summary];
  return [`\`${short}${flag} <${spec.value}>\``, [spec.summary, ...facts(spec)].join('; ')];
}

function facts(spec: Exclude<OptionSpec, { type: 'flag' }>): string[] {
  if (spec.type === 'list') return [];
  const shown = (text: string | number): string => (spec.summary.includes('default') ? '' : `default \`${text}\``);
  return [
    ...(spec.type === 'string' && spec.choices !== undefined
      ? [spec.choices.map((choice) => `\`${choice}\``).join(', ')]
      : []),
    ...(spec.default === undefined ? [] : [shown(spec.default)]),
    ...(spec.type === 'string' && spec.required === true ? ['required'] : []),
  ].filter((fact) => fact !== '');
}
