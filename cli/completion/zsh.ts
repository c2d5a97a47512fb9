import type { CommandTable } from '../command.ts';
import { groupOf } from '../group-aliases.ts';
import type { CompletionEntry } from './words.ts';
import { tree } from './words.ts';

const quoted = (text: string): string => text.replace(/'/g, "'\\''").replace(/[[\]:]/g, (sign) => `\\${sign}`);

function valueSpec({ takesValue, choices, named }: CompletionEntry['options'][number]): string {
  if (choices.length > 0) return `:value:(${choices.join(' ')})`;
  if (named) return ':value:_sfp_names';
  return takesValue ? ':value:_files' : '';
}

// The command's own words count as arguments: without a place for them nothing would be completed.
const rest = (named: boolean, takesArguments: boolean): string =>
  `'*:${named ? 'name:_sfp_names' : takesArguments ? 'file:_files' : ' : '}'`;

export function zshCompletion(
  entries: readonly CompletionEntry[],
  groupSummaries: CommandTable['groupSummaries'],
): string {
  const groups = tree(entries);
  const summaryOf = (words: string): string =>
    entries.find((entry) => entry.words.join(' ') === words)?.summary ?? groupSummaries[groupOf(words)] ?? '';
  const described = (words: readonly string[], prefix: string): string =>
    words.map((word) => `'${word}:${quoted(summaryOf(`${prefix}${word}`))}'`).join(' ');
  const groupCases = [...groups]
    .filter(([, verbs]) => verbs.length > 0)
    .map(([group, verbs]) => `    ${group}) items=(${described(verbs, `${group} `)}) ;;`);
  const optionCases = entries.map(({ words, options, named, takesArguments }) => {
    const specs = options.flatMap((option) => {
      const { name, short, summary } = option;
      const about = `[${quoted(summary)}]${valueSpec(option)}`;
      return [
        `'${name}${option.takesValue ? '=' : ''}${about}'`,
        ...(short === undefined ? [] : [`'-${short}${about}'`]),
      ];
    });
    return `    '${words.join(' ')}') _arguments ${rest(named, takesArguments)} ${specs.join(' ')} && return ;;`;
  });
  return `#compdef sfp
# zsh completion for sfp: source <(sfp completion zsh)
_sfp_names() {
  local -a names
  local line
  for line in \${(f)"$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2> /dev/null)"}; do
    names+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( \${#names} )) && _describe -V 'name' names
}
_sfp() {
  local -a items typed
  local word skip=''
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $skip ]]; then skip=''
    elif [[ $word == --context ]]; then skip=1
    elif [[ $word != -* ]]; then typed+=("$word")
    fi
  done
  case "\${typed[1]:-} \${typed[2]:-}" in
    ' ') items=(${described([...groups.keys()], '')}) ;;
  esac
  case "\${(j: :)typed}" in
${groupCases.join('\n')}
  esac
  if (( \${#items} )); then _describe 'command' items && return; fi
  local line
  for line in "\${(j: :)typed[1,2]}" "\${typed[1]}"; do
    case "$line" in
${optionCases.join('\n')}
    esac
  done
}
(( $+functions[compdef] )) && compdef _sfp sfp
`;
}
