import type { Failure } from '../../contracts/error.ts';
import type { Style } from './style.ts';

export type OutputMode = 'text' | 'json' | 'stream';

/** How a value looks to a person: a finished text, or a function of the terminal's style. Ends with a newline or gets one. */
export type TextView = string | ((style: Style) => string);

export type StepState = 'running' | 'done' | 'skipped' | 'failed';

/**
 * The only writer to stdout and stderr. Commands hand it data and do not know which mode is active:
 * data goes to stdout, everything for people to stderr.
 *
 * | | text | json | stream (a JSON object a line) |
 * |---|---|---|---|
 * | result | view on stdout | one document on stdout | `{type: "result", data}` |
 * | event | view on stdout | – | `{type: <its type>, …data}` |
 * | step | live line on stderr | line on stderr | `{type: "step", name, state, durationMs?, detail?}` |
 * | info, hint, warn | stderr | stderr | `{type: "message", level, text}` |
 * | fail | stderr | `{"error": …}` on stderr | `{type: "error", …}` and stderr |
 */
export interface Output {
  readonly mode: OutputMode;
  /** A person looks at stdout on a terminal and nothing is asked for but text: a full-screen view is welcome. */
  readonly interactive: boolean;
  readonly style: Style;
  /** The answer of the command, once. Without a view, text mode prints it as `key  value` lines. */
  result(data: unknown, view?: TextView): void;
  /** One entry of a feed. */
  event(type: string, data: Record<string, unknown>, view?: TextView): void;
  /** A named step of something long. Call with `running`, later with how it ended. */
  step(name: string, state: StepState, detail?: string): void;
  info(text: string): void;
  /** What to do next. */
  hint(text: string): void;
  warn(text: string): void;
  fail(failure: Failure): void;
  /** Ends what is live on the terminal. Called by the program at the end and before a full-screen view. */
  close(): void;
}
