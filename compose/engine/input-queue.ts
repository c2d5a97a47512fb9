/** Stdin of a process that is written to while it runs. */
export class InputQueue implements AsyncIterable<Uint8Array> {
  readonly #held: Uint8Array[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  push(text: string): void {
    this.#held.push(Buffer.from(text));
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.#held.shift();
      if (next !== undefined) yield next;
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
