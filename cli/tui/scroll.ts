import type { LogEntry, WatchModel } from './model.ts';

export type ScrollMove = 'up' | 'down' | 'pageUp' | 'pageDown' | 'start' | 'end';

/** Moves the log by a line, a page or all of it; `rows` is how many lines of it are shown. */
export function scrollModel(model: WatchModel, move: ScrollMove, rows: number): WatchModel {
  const furthest = Math.max(0, model.log.length - rows);
  const page = Math.max(1, rows - 1);
  const target: Record<ScrollMove, number> = {
    up: model.scroll + 1,
    down: model.scroll - 1,
    pageUp: model.scroll + page,
    pageDown: model.scroll - page,
    start: furthest,
    end: 0,
  };
  return { ...model, scroll: Math.min(furthest, Math.max(0, target[move])) };
}

export interface LogWindow {
  entries: readonly LogEntry[];
  /** Lines before and after what is shown. */
  above: number;
  below: number;
}

export function logWindow({ log, scroll, forgotten }: WatchModel, rows: number): LogWindow {
  const below = Math.min(scroll, Math.max(0, log.length - rows));
  const end = log.length - below;
  const start = Math.max(0, end - rows);
  return { entries: log.slice(start, end), above: start + forgotten, below };
}
