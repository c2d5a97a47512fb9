import type { CompletionEntry } from './words.ts';
import { tree } from './words.ts';

export function bashCompletion(entries: readonly CompletionEntry[]): string {
  const groups = tree(entries);
  const verbs = [...groups]
    .filter(([, list]) => list.length > 0)
    .map(([group, list]) => `    ${group}) words='${list.join(' ')}' ;;`);
  const options = entries.map(
    ({ words, options: list }) => `    '${words.join(' ')}') words='${list.map(({ name }) => name).join(' ')}' ;;`,
  );
  const choices = entries.flatMap(({ words, options: list }) =>
    list
      .filter((option) => option.choices.length > 0)
      .map((option) => `    '${words.join(' ')} ${option.name}') words='${option.choices.join(' ')}' ;;`),
  );
  return `# bash completion for sfp: eval "$(sfp completion bash)"
_sfp() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' words='' word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || command="\${command:+$command }$word"
  done
  local first="\${command%% *}" two
  two="$(cut -d' ' -f1,2 <<< "$command")"
  case "$command" in
    '') words='${[...groups.keys()].join(' ')}' ;;
${verbs.join('\n')}
  esac
  local found=''
  case "$two $previous" in
${choices.join('\n')}
  esac
  [[ -n $words && $previous == --* ]] && found=1
  if [[ -z $found && $current == -* ]]; then
    for word in "$two" "$first"; do
      words=''
      case "$word" in
${options.map((line) => `  ${line}`).join('\n')}
      esac
      [[ -n $words ]] && break
    done
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _sfp sfp
`;
}
