/** Edits that make one word of the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let at = 1; at <= from.length; at += 1) {
    const next = [at];
    for (let other = 1; other <= to.length; other += 1) {
      const replaced = (row[other - 1] ?? 0) + (from[at - 1] === to[other - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[other] ?? 0) + 1, (next[other - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** What was probably meant: nearly the same word, or the only names that end with it. At most three. */
export function closest(word: string, names: readonly string[]): string[] {
  const lower = word.toLowerCase();
  const ending = names.filter((name) => name.toLowerCase().endsWith(`.${lower}`));
  const near = names
    .map((name) => ({ name, edits: distance(lower, name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(1, Math.floor(Math.min(word.length, name.length) / 3)))
    .sort((one, other) => one.edits - other.edits)
    .map(({ name }) => name);
  return [...new Set([...near, ...ending])].slice(0, 3);
}
