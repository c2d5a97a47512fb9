import type { Context } from './context.ts';

export interface SavedContexts {
  current: string | null;
  contexts: readonly Context[];
}

/** The servers that this user is logged in to: `contexts.json`, readable by its owner only, replaced atomically. */
export interface ContextStore {
  readonly path: string;
  read(): Promise<SavedContexts>;
  /** Adds or replaces the context of that name; `use` makes it the current one (a first context always is). */
  save(context: Context, options?: { use?: boolean }): Promise<void>;
  use(name: string): Promise<void>;
  /** Forgetting an unknown name is not an error. */
  remove(name: string): Promise<void>;
  /**
   * Changes one context while no other process can: for refreshing a session once, whoever comes first.
   * `change` gets what is saved now and returns what to save.
   */
  update(name: string, change: (saved: Context) => Promise<Context>): Promise<Context>;
}
