import type { TextView } from './output.ts';
import type { Style, Tone } from './style.ts';

export interface Column<Row> {
  title: string;
  value(row: Row): string;
  tone?(row: Row): Tone | undefined;
}

const cut = (text: string, width: number): string =>
  text.length <= width ? text.padEnd(width) : `${text.slice(0, Math.max(0, width - 1))}…`;

/** Rows under titles, cut at the terminal's width in the widest column. `empty` stands for no rows. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], empty: string): TextView {
  return (style) => {
    if (rows.length === 0) return empty;
    const cells = rows.map((row) => columns.map((column) => column.value(row)));
    const widths = columns.map((column, index) =>
      Math.max(column.title.length, ...cells.map((row) => row[index]?.length ?? 0)),
    );
    shrink(widths, style.width);
    const line = (texts: string[], tone: (index: number) => Tone | undefined): string =>
      texts
        .map((text, index) => {
          const cell = cut(text, widths[index] ?? 0);
          const colour = tone(index);
          return colour === undefined ? cell : style.paint(colour, cell);
        })
        .join('  ')
        .trimEnd();
    const head = line(
      columns.map((column) => column.title.toUpperCase()),
      () => 'dim',
    );
    const body = rows.map((row, at) => line(cells[at] ?? [], (index) => columns[index]?.tone?.(row)));
    return [head, ...body].join('\n');
  };
}

/** Takes what is too much from the widest column, never below 8. Off a terminal nobody minds long lines: see `Style.width`. */
function shrink(widths: number[], available: number): void {
  const gaps = 2 * (widths.length - 1);
  let excess = widths.reduce((sum, width) => sum + width, gaps) - available;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= 8) return;
    widths[widest] = width - 1;
    excess -= 1;
  }
}

/** `key  value` lines; values that are null or absent are left out. */
export function fields(pairs: readonly (readonly [string, string | number | null | undefined])[]): TextView {
  return (style: Style) => {
    const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
    const width = Math.max(0, ...shown.map(([key]) => key.length));
    return shown.map(([key, value]) => `${style.paint('dim', key.padEnd(width))}  ${value}`).join('\n');
  };
}
