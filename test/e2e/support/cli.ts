import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../../support/wait.ts';

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface CliRun {
  code: number | null;
  stdout: string;
  stderr: string;
  /** The document of `--json`; throws when stdout is not exactly one. */
  json(): unknown;
}

/** What a child is given besides the test's own settings: nothing that would make a run differ from a person's. */
const baseEnvironment = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', TERM: 'dumb' };

function spawnCli(
  args: readonly string[],
  env: Record<string, string>,
  program: string,
  within: readonly string[] = [],
  input?: string,
): ChildProcess {
  const [command = process.execPath, ...rest] = [...within, process.execPath, program, ...args];
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const child = spawn(command, rest, { env: { ...baseEnvironment, ...env }, stdio: [stdin, 'pipe', 'pipe'] });
  // A command that fails before it reads leaves the pipe: what it answers is what counts.
  child.stdin?.on('error', () => undefined).end(input);
  return child;
}

/**
 * @param program another version's
 * @param input what is piped to it; without it stdin is closed
 */
export async function runCli(
  args: readonly string[],
  env: Record<string, string>,
  program: string = main,
  input?: string,
): Promise<CliRun> {
  const child = spawnCli(args, env, program, [], input);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exitCode(child)]);
  return { code, stdout, stderr, json: () => JSON.parse(stdout) };
}

/** A command that streams (`--json=stream`): its lines as they come. */
export class RunningCli {
  readonly lines: Record<string, unknown>[] = [];
  readonly exit: Promise<number | null>;
  readonly child: ChildProcess;
  #stderr = '';

  constructor(child: ChildProcess) {
    this.child = child;
    const read = async (): Promise<void> => {
      if (child.stdout === null) throw new Error('the command has no stdout');
      for await (const line of createInterface({ input: child.stdout })) this.lines.push(JSON.parse(line));
    };
    child.stderr?.on('data', (chunk) => {
      this.#stderr += String(chunk);
    });
    this.exit = Promise.all([exitCode(child), read()]).then(([code]) => code);
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Waits for a line of the stream; fails with everything so far when the command ends or time runs out first. */
  async line(
    what: string,
    accept: (line: Record<string, unknown>) => boolean,
    timeoutMs = 60_000,
  ): Promise<Record<string, unknown>> {
    const found = await waitFor(() => this.lines.find(accept) ?? (this.child.exitCode === null ? undefined : 'ended'), {
      timeoutMs,
      what,
    });
    if (found === 'ended')
      throw new Error(`The command ended without ${what}:\n${JSON.stringify(this.lines.slice(-5))}\n${this.stderr}`);
    return found;
  }

  /** The task events seen so far. */
  get events(): Record<string, unknown>[] {
    return this.lines.filter((line) => line.type === 'event');
  }
}

export const startCli = (
  args: readonly string[],
  env: Record<string, string>,
  program: string = main,
  within: readonly string[] = [],
): RunningCli => new RunningCli(spawnCli(args, env, program, within));

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let all = '';
  for await (const chunk of stream ?? []) all += String(chunk);
  return all;
}

const exitCode = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
