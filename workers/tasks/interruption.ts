/** Why a running task has to stop before its end. It is the reason of the task's abort signal. */
const interruptions = {
  /** Somebody asked for it. */
  cancel: 'The task was cancelled.',
  /** Another attempt has taken over, or the database refuses this one: write nothing more. */
  lost: 'Another attempt has taken over.',
  /** The engine withdrew the run without anybody's cancel: its own time limit. */
  engine: 'The task engine withdrew the run.',
  /** The worker is being stopped: hand the task back. */
  drain: 'The worker is being stopped.',
  /** The project's own limit for the whole deployment. */
  timeout: 'The time limit of the deployment was reached.',
} as const;

export type InterruptionKind = keyof typeof interruptions;

export class Interruption extends Error {
  readonly kind: InterruptionKind;

  constructor(kind: InterruptionKind, options?: { cause?: unknown }) {
    super(interruptions[kind], options);
    this.kind = kind;
  }
}

/** The interruption that an aborted signal carries. */
export function interruptionOf(signal: AbortSignal): Interruption | undefined {
  return signal.reason instanceof Interruption ? signal.reason : undefined;
}
