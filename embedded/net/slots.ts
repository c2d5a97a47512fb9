const total = 400;
const perOrigin = 100;

/**
 * How many requests may be on the way at once. An origin gets at most a quarter, so that those that hang leave room for the
 * others; pg_net takes 200 at a time and waits for the slowest.
 */
export class Slots {
  readonly #byOrigin = new Map<string, number>();
  #taken = 0;

  get free(): number {
    return total - this.#taken;
  }

  /** Origins whose requests have to wait, as the queue's query compares them. */
  saturated(): string[] {
    return [...this.#byOrigin].filter(([, taken]) => taken >= perOrigin).map(([origin]) => origin);
  }

  /** Takes a slot; the returned function gives it back, once. */
  take(url: string): () => void {
    const origin = originOf(url);
    this.#taken += 1;
    this.#byOrigin.set(origin, (this.#byOrigin.get(origin) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#taken -= 1;
      const left = (this.#byOrigin.get(origin) ?? 1) - 1;
      if (left === 0) this.#byOrigin.delete(origin);
      else this.#byOrigin.set(origin, left);
    };
  }
}

/** Scheme and authority, in lower case: the same expression as in the claim. */
const originOf = (url: string): string => (/^[^/]*\/\/[^/?#]*/.exec(url)?.[0] ?? '').toLowerCase();
