import type { CommandTable } from '../command.ts';
import { groupOf } from '../group-aliases.ts';
import type { CompletionEntry } from './words.ts';
import { tree } from './words.ts';

const quoted = (text: string): string => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;

function valueSpec({ takesValue, choices, named }: CompletionEntry['options'][number]): string {
  if (choices.length > 0) return ` -x -a ${quoted(choices.join(' '))}`;
  if (named) return " -x -k -a '(__sfp_names)'";
  return takesValue ? ' -r' : '';
}

const names = `function __sfp_names
  set -l words (commandline -opc) (commandline -ct)
  $words[1] __complete $words[2..-1] 2> /dev/null
end
`;

export function fishCompletion(
  entries: readonly CompletionEntry[],
  groupSummaries: CommandTable['groupSummaries'],
): string {
  const groups = tree(entries);
  const lines: string[] = [];
  for (const [first, verbs] of groups) {
    const entry = entries.find(({ words }) => words.length === 1 && words[0] === first);
    const summary = entry?.summary ?? groupSummaries[groupOf(first)] ?? '';
    lines.push(`complete -c sfp -f -n __fish_use_subcommand -a ${first} -d ${quoted(summary)}`);
    if (verbs.length === 0) continue;
    const missing = quoted(
      `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${verbs.join(' ')}`,
    );
    for (const verb of verbs) {
      const about = entries.find(({ words }) => words[0] === first && words[1] === verb)?.summary ?? '';
      lines.push(`complete -c sfp -f -n ${missing} -a ${verb} -d ${quoted(about)}`);
    }
  }
  for (const { words, options, named } of entries) {
    const seen = quoted(words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and '));
    if (named) lines.push(`complete -c sfp -f -k -n ${seen} -a '(__sfp_names)'`);
    for (const option of options) {
      const short = option.short === undefined ? '' : ` -s ${option.short}`;
      const about = `${valueSpec(option)} -d ${quoted(option.summary)}`;
      lines.push(`complete -c sfp -n ${seen}${short} -l ${option.name.slice(2)}${about}`);
    }
  }
  return `# fish completion for sfp: sfp completion fish | source\n${names}${lines.join('\n')}\n`;
}
