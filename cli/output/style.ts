const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;
export type Tone = keyof typeof codes;

/** What a view may know about where it is shown. */
export interface Style {
  readonly colour: boolean;
  /** Columns; 80 off a terminal. */
  readonly width: number;
  paint(tone: Tone, text: string): string;
}

interface Stream {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

/** NO_COLOR (https://no-color.org) wins, then FORCE_COLOR, then whether it is a terminal that knows colours. */
export function styleOf(stream: Stream, env: NodeJS.ProcessEnv): Style {
  const colour = env.NO_COLOR
    ? false
    : env.FORCE_COLOR !== undefined
      ? env.FORCE_COLOR !== '0'
      : stream.isTTY === true && env.TERM !== 'dumb';
  return {
    colour,
    width: stream.columns ?? 80,
    paint: (tone, text) => (colour && text !== '' ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text),
  };
}
