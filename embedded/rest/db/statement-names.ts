/**
 * Names of prepared statements on one connection, by SQL text. A name counts as prepared only after a batch that used it
 * succeeded; until then each use sends Close and Parse again (closing an unknown name is no error).
 */
export class StatementNames {
  readonly #limit: number;
  readonly #names = new Map<string, { name: string; ready: boolean }>();
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The name for `text`, whether it is prepared, and a name to close in its place when there are too many. */
  use(text: string): { name: string; ready: boolean; evicted: string | undefined } {
    const known = this.#names.get(text);
    if (known !== undefined) {
      // Back to the end: the least recently used goes first.
      this.#names.delete(text);
      this.#names.set(text, known);
      return { ...known, evicted: undefined };
    }
    this.#count += 1;
    const entry = { name: `r${this.#count}`, ready: false };
    this.#names.set(text, entry);
    const oldest = this.#names.keys().next();
    if (this.#names.size <= this.#limit || oldest.done) return { ...entry, evicted: undefined };
    const evicted = this.#names.get(oldest.value)?.name;
    this.#names.delete(oldest.value);
    return { ...entry, evicted };
  }

  succeeded(texts: readonly string[]): void {
    for (const text of texts) {
      const entry = this.#names.get(text);
      if (entry !== undefined) entry.ready = true;
    }
  }

  /** Someone ran DEALLOCATE: nothing is prepared any more. */
  forget(): void {
    this.#names.clear();
  }
}
