import { spawn } from 'node:child_process';
import { LineSplitter } from './line-splitter.ts';
import type { Masker } from './mask.ts';
import { endProcessTree, markerVariable } from './process-tree.ts';

export interface CommandOptions {
  command: string;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** Unique per run: what the processes of this command are found by. */
  marker: string;
  timeoutMs: number;
  signal: AbortSignal;
  /** What must not be read in the output; nothing when left out. */
  masker?: Masker;
  onLine: (stream: 'stdout' | 'stderr', text: string) => void;
  /** Awaited between chunks: holds the command back while its output cannot be stored. */
  ready?: () => Promise<void>;
}

export type CommandEnd =
  | { kind: 'exited'; exitCode: number | null; signal: string | null }
  | { kind: 'timed_out' }
  | { kind: 'aborted' };

/**
 * Runs one command in a process group of its own. When it ends, however it ends, nothing that it started is left.
 * Rejects only when the command cannot be started at all.
 */
export async function runCommand(options: CommandOptions): Promise<CommandEnd> {
  options.signal.throwIfAborted();
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: { ...options.env, [markerVariable]: options.marker },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<{ exitCode: number | null; signal: string | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const output = Promise.all([
    readLines(child.stdout, options, (text) => options.onLine('stdout', text)),
    readLines(child.stderr, options, (text) => options.onLine('stderr', text)),
  ]);

  const interrupted = interruption(options);
  const end = await Promise.race([
    exited.then((exit) => ({ kind: 'exited' as const, ...exit })),
    interrupted.happened,
  ]).finally(interrupted.forget);
  await endProcessTree(child.pid, options.marker, end.kind === 'exited' ? 200 : undefined);
  // Pipes close when their last writer is gone, which the line above saw to.
  await output;
  return end;
}

function interruption({ signal, timeoutMs }: CommandOptions) {
  let forget = (): void => undefined;
  const happened = new Promise<{ kind: 'timed_out' } | { kind: 'aborted' }>((resolve) => {
    const timer = setTimeout(() => resolve({ kind: 'timed_out' }), timeoutMs);
    const onAbort = () => resolve({ kind: 'aborted' });
    signal.addEventListener('abort', onAbort, { once: true });
    forget = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
  });
  return { happened, forget };
}

async function readLines(
  stream: AsyncIterable<Buffer>,
  { masker, ready }: Pick<CommandOptions, 'masker' | 'ready'>,
  onLine: (text: string) => void,
): Promise<void> {
  const splitter = new LineSplitter(masker);
  for await (const chunk of stream) {
    for (const line of splitter.push(chunk)) onLine(line);
    await ready?.();
  }
  for (const line of splitter.end()) onLine(line);
}
