interface Entry<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Collects what arrives while a batch is being written and writes it as the next one: no delay when idle, one transaction for
 * many when busy. One batch at a time, so items keep their order. A batch that fails is tried again item by item, so that a bad
 * item fails alone.
 */
export class Batcher<Item, Result> {
  readonly #write: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly #max: number;
  #waiting: Entry<Item, Result>[] = [];
  #running: Promise<void> | undefined;

  /** `write` answers one result per item, in order. */
  constructor(write: (items: readonly Item[]) => Promise<readonly Result[]>, max = 500) {
    this.#write = write;
    this.#max = max;
  }

  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when nothing is waiting or being written. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #drain(): Promise<void> {
    // Let everything that arrived in this turn of the event loop join the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#flush(this.#waiting.splice(0, this.#max));
    this.#running = undefined;
  }

  async #flush(batch: Entry<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#write(batch.map((entry) => entry.item));
      if (results.length !== batch.length) throw new Error('a batch lost an item');
      for (const [index, result] of results.entries()) batch[index]?.resolve(result);
    } catch (error) {
      if (batch.length === 1) {
        batch[0]?.reject(error);
        return;
      }
      for (const entry of batch) await this.#flush([entry]);
    }
  }
}
