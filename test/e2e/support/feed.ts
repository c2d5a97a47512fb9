import type { RunningCli } from './cli.ts';

type Line = Record<string, unknown>;

/** Matches the event of one move of a stage in a `--json=stream` feed. */
export const isStage =
  (stage: string, status: string) =>
  (line: Line): boolean => {
    const data = line.data as { stage?: string; status?: string } | undefined;
    return line.kind === 'stage' && data?.stage === stage && data.status === status;
  };

/** Every line of output that a feed carried. */
export const outputOf = (events: readonly Line[]): string[] =>
  events
    .filter((event) => event.kind === 'log')
    .flatMap((event) => (event.data as { lines: { text: string }[] }).lines.map(({ text }) => text));

/** What a command that has ended gave as its result. */
export function resultOf<Result>(command: RunningCli): Result {
  const result = command.lines.find((line) => line.type === 'result');
  if (result === undefined) throw new Error(`The command gave no result:\n${command.stderr}`);
  return result.data as Result;
}
