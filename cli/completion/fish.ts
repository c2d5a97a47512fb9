import type { CommandTable } from '../command.ts';
import type { CompletionEntry } from './words.ts';
import { tree } from './words.ts';

const quoted = (text: string): string => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;

export function fishCompletion(
  entries: readonly CompletionEntry[],
  groupSummaries: CommandTable['groupSummaries'],
): string {
  const groups = tree(entries);
  const lines: string[] = [];
  for (const [first, verbs] of groups) {
    const entry = entries.find(({ words }) => words.length === 1 && words[0] === first);
    const summary = entry?.summary ?? groupSummaries[first] ?? '';
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
  for (const { words, options } of entries) {
    const seen = quoted(words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and '));
    for (const { name, summary, takesValue, choices } of options) {
      const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : '';
      lines.push(`complete -c sfp -n ${seen} -l ${name.slice(2)}${value} -d ${quoted(summary)}`);
    }
  }
  return `# fish completion for sfp: sfp completion fish | source\n${lines.join('\n')}\n`;
}
