/** Other first words of groups. A file of its own: the command table imports completion, which needs it too. */
const groupAliases: Readonly<Record<string, string>> = { env: 'environment' };

/** The group that a first word means. */
export const groupOf = (word: string): string => groupAliases[word] ?? word;

export const aliasesOf = (group: string): string[] =>
  Object.keys(groupAliases).filter((alias) => groupAliases[alias] === group);
