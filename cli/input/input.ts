/** Asks people. Every method but `readAll` fails with `input_required` when nobody can answer. */
export interface Input {
  /** Somebody can be asked: stdin is a terminal and `--no-input` was not given. */
  readonly canAsk: boolean;
  /** @param option what to pass instead, e.g. `--email`; told to whoever cannot be asked. */
  text(question: string, option: string): Promise<string>;
  /** Like `text`, without an echo. */
  secret(question: string, option: string): Promise<string>;
  /** Yes or no; no is the default. */
  confirm(question: string, option: string): Promise<boolean>;
  /** All of stdin, without the last line's end: for secrets that a script pipes in. */
  readAll(): Promise<string>;
}
