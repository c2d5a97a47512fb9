const contextLines = 3;

interface Edit {
  mark: ' ' | '-' | '+';
  line: string;
}

/** The change from one text to the other as `diff -u` writes it. */
export function unifiedDiff(path: string, before: string, after: string): string {
  const edits = editScript(linesOf(before), linesOf(after));
  return `--- ${path}\n+++ ${path}\n${hunks(edits).join('')}`;
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/**
 * By the longest common subsequence, in a table: the files of a stack have some hundred lines, and only what lies between
 * the equal beginning and the equal end is compared.
 */
function editScript(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const [old, now] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  const width = now.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = now.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        old[row] === now[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const edits: Edit[] = before.slice(0, start).map((line) => ({ mark: ' ', line }));
  let [row, column] = [0, 0];
  while (row < old.length || column < now.length) {
    const [left, right] = [old[row], now[column]];
    if (left !== undefined && left === right) {
      edits.push({ mark: ' ', line: left });
      row += 1;
      column += 1;
    } else if (left !== undefined && (right === undefined || at(row + 1, column) >= at(row, column + 1))) {
      edits.push({ mark: '-', line: left });
      row += 1;
    } else {
      edits.push({ mark: '+', line: right ?? '' });
      column += 1;
    }
  }
  return [...edits, ...before.slice(before.length - end).map((line): Edit => ({ mark: ' ', line }))];
}

/** Runs of changes with a few lines around them; runs that would touch are one. */
function hunks(edits: readonly Edit[]): string[] {
  const changed = edits.flatMap(({ mark }, index) => (mark === ' ' ? [] : [index]));
  const ranges: { from: number; to: number }[] = [];
  for (const index of changed) {
    const last = ranges.at(-1);
    const to = Math.min(edits.length, index + contextLines + 1);
    if (last !== undefined && index - contextLines <= last.to) last.to = to;
    else ranges.push({ from: Math.max(0, index - contextLines), to });
  }
  return ranges.map(({ from, to }) => {
    const shown = edits.slice(from, to);
    const [old, now] = (['-', '+'] as const).map((mark) => {
      const counts = (edit: Edit): boolean => edit.mark === ' ' || edit.mark === mark;
      const length = shown.filter(counts).length;
      const first = edits.slice(0, from).filter(counts).length + (length === 0 ? 0 : 1);
      return `${mark}${first},${length}`;
    });
    return `@@ ${old} ${now} @@\n${shown.map(({ mark, line }) => `${mark}${line}\n`).join('')}`;
  });
}
