/** An async queue that feeds one server stream. Closing lets what is queued go out first. */
export class Channel<T> implements AsyncIterable<T> {
  #items: T[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  /** `signal` is the call's: an aborted call ends the iteration at once. */
  constructor(signal?: AbortSignal) {
    signal?.addEventListener('abort', () => {
      this.#items = [];
      this.close();
    });
    if (signal?.aborted === true) this.close();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** False when nobody listens any more: the item is lost. */
  push(item: T): boolean {
    if (this.#closed) return false;
    this.#items.push(item);
    this.#wake?.();
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      const items = this.#items;
      this.#items = [];
      yield* items;
      if (this.#items.length > 0) continue;
      if (this.#closed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
