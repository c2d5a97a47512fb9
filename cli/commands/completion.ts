import type { CommandTable } from '../command.ts';
import { defineCommand } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import type { CompletionEntry } from '../completion/words.ts';
import { completionEntries } from '../completion/words.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { UsageError } from '../usage-error.ts';

const shells: Record<string, (entries: readonly CompletionEntry[], groups: CommandTable['groupSummaries']) => string> =
  {
    bash: bashCompletion,
    zsh: zshCompletion,
    fish: fishCompletion,
  };

export const command = defineCommand({
  description:
    'Prints a script for your shell:\n  bash  eval "$(sfp completion bash)"\n  zsh   source <(sfp completion zsh)\n  fish  sfp completion fish | source\nNames of projects, environments, members, tasks and the rest are asked from the server while you type, for a second at most (SFP_COMPLETION_TIMEOUT=<milliseconds> changes that), and kept for a few seconds.',
  args: { shell: { summary: 'bash, zsh or fish' } },
  async run({ args, output, table }) {
    const script = shells[args.shell];
    if (script === undefined)
      throw new UsageError(`There is no completion for ${args.shell}.`, 'Choose bash, zsh or fish.');
    const text = script(await completionEntries(table), table.groupSummaries);
    output.result({ shell: args.shell, script: text }, text);
  },
});
