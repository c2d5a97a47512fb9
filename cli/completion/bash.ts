import type { CompletionEntry } from './words.ts';
import { tree } from './words.ts';

/** Lines of a `case` that give the words for each key. */
const cases = (keys: readonly (readonly [string, readonly string[]])[]): string =>
  keys.map(([key, words]) => `      '${key}') words='${words.join(' ')}' ;;`).join('\n');

/** The option as it may stand before its value: `task list --project`, `task list -p`. */
const spellings = (words: readonly string[], { name, short }: CompletionEntry['options'][number]): string[] =>
  [name, ...(short === undefined ? [] : [`-${short}`])].map((spelling) => `${words.join(' ')} ${spelling}`);

// Names end in the process substitution and not in mapfile, which the bash of macOS does not have.
export function bashCompletion(entries: readonly CompletionEntry[]): string {
  const groups = tree(entries);
  const verbs = [...groups].filter(([, list]) => list.length > 0);
  const values = entries.flatMap(({ words, options }) =>
    options.flatMap((option) => spellings(words, option).map((key) => ({ key, option }))),
  );
  const choices = values.filter(({ option }) => option.choices.length > 0);
  const named = values.filter(({ option }) => option.named).map(({ key }) => key);
  const free = values.filter(({ option }) => option.takesValue && !option.named && option.choices.length === 0);
  return `# bash completion for sfp: eval "$(sfp completion bash)"
_sfp() {
  # COMP_WORDS is cut at @ : and =, which names have.
  local line="\${COMP_LINE:0:COMP_POINT}" current='' previous='' command='' words='' word skip=''
  local -a typed
  read -ra typed <<< "$line"
  COMPREPLY=()
  if [[ $line != *[[:space:]] ]]; then
    current="\${typed[\${#typed[@]}-1]}"
    typed=("\${typed[@]:0:\${#typed[@]}-1}")
  fi
  (( \${#typed[@]} )) || return
  previous="\${typed[\${#typed[@]}-1]}"
  local value="$current"
  if [[ $current == --*=* ]]; then
    previous="\${current%%=*}" value="\${current#*=}"
  fi
  for word in "\${typed[@]:1}"; do
    if [[ -n $skip ]]; then skip=''
    elif [[ $word == --context ]]; then skip=1
    elif [[ $word != -* ]]; then command="\${command:+$command }$word"
    fi
  done
  local first="\${command%% *}" two place='' names=''
  two="$(cut -d' ' -f1,2 <<< "$command")"
  for word in "$two" "$first"; do
    case "$word" in
      ${entries.map(({ words }) => `'${words.join(' ')}'`).join('|')}) place="$word"; break ;;
    esac
  done
  if [[ $previous == --context ]]; then names=1
  elif [[ $previous == -* ]]; then
    case "$place $previous" in
${cases(choices.map(({ key, option }) => [key, option.choices]))}
      ${named.map((key) => `'${key}'`).join('|')}) names=1 ;;
      ${free.map(({ key }) => `'${key}'`).join('|')}) return ;;
    esac
  fi
  if [[ -z $words$names && $current == -* ]]; then
    case "$place" in
${cases(entries.map(({ words, options }) => [words.join(' '), options.map(({ name }) => name)]))}
    esac
  elif [[ -z $words$names ]]; then
    case "$command" in
      '') words='${[...groups.keys()].join(' ')}' ;;
${cases(verbs)}
    esac
    case "$place" in
      ${entries
        .filter((entry) => entry.named)
        .map(({ words }) => `'${words.join(' ')}'`)
        .join('|')}) names=1 ;;
    esac
  fi
  # What stands before the last of these signs readline leaves as it is.
  local breaks='' sign kept=''
  for sign in @ : =; do
    [[ $COMP_WORDBREAKS == *"$sign"* ]] && breaks+="$sign"
  done
  [[ -n $breaks && $value == *[$breaks]* ]] && kept="\${value%"\${value##*[$breaks]}"}"
  if [[ -n $names ]]; then
    # A file is no name; the bash of macOS offers files all the same.
    compopt +o default 2> /dev/null
    while IFS=$'\\t' read -r word _; do
      COMPREPLY+=("\${word#"$kept"}")
    done < <("\${typed[0]}" __complete "\${typed[@]:1}" "$current" 2> /dev/null)
  else
    COMPREPLY=($(compgen -W "$words" -- "$value"))
  fi
}
complete -o default -F _sfp sfp
`;
}
