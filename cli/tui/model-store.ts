import type { WatchModel } from './model.ts';

/** Holds the model and tells the screen when it changed. */
export class ModelStore {
  #model: WatchModel;
  readonly #listeners = new Set<() => void>();

  constructor(model: WatchModel) {
    this.#model = model;
  }

  get = (): WatchModel => this.#model;

  change(next: (model: WatchModel) => WatchModel): void {
    this.#model = next(this.#model);
    for (const listener of this.#listeners) listener();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
