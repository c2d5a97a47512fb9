/** When a line was written, as it says itself: our JSON lines in milliseconds, Postgres in its own format. Null when it does not. */
export function lineTime(line: string): Date | null {
  const ours = /^\{"level":\d+,"time":(\d{13})[,}]/.exec(line)?.[1];
  if (ours !== undefined) return new Date(Number(ours));
  const postgres = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [A-Z]{1,5}) \[/.exec(line)?.[1];
  const at = postgres === undefined ? Number.NaN : Date.parse(postgres);
  return Number.isNaN(at) ? null : new Date(at);
}

/** Gives each line of one log its time; one without (a stack trace, a detail) belongs to the line before it. */
export class LineClock {
  #last: Date | null = null;

  timeOf(line: string): Date | null {
    this.#last = lineTime(line) ?? this.#last;
    return this.#last;
  }
}
