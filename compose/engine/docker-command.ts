import { dockerFailure } from './docker-failure.ts';

export interface DockerCall {
  args: readonly string[];
  /** Sentence for the failure, e.g. "The database could not be copied." */
  failure: string;
  /** Added to the environment of the CLI: the way for a secret, with `--env NAME` in the arguments. */
  env?: Readonly<Record<string, string>>;
  stdin?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  signal?: AbortSignal | undefined;
}

/** No colours, no menu, no advertisement; nothing of the operator's shell decides which files Compose takes. */
const quiet = {
  DOCKER_CLI_HINTS: 'false',
  COMPOSE_ANSI: 'never',
  COMPOSE_PROGRESS: 'plain',
  COMPOSE_MENU: 'false',
  COMPOSE_PROFILES: undefined,
  COMPOSE_REMOVE_ORPHANS: undefined,
  COMPOSE_IGNORE_ORPHANS: undefined,
};

/** After a polite end (SIGTERM) the CLI has this long. */
const patienceMs = 10_000;

const options = ({ env, stdin, signal }: DockerCall) => ({
  env: { ...quiet, ...env },
  forceKillAfterDelay: patienceMs,
  ...(signal === undefined ? {} : { cancelSignal: signal }),
  ...(stdin === undefined ? ({ stdin: 'ignore' } as const) : { stdin }),
});

/** Runs the docker CLI to its end and answers what it wrote to stdout. */
export async function docker(call: DockerCall): Promise<string> {
  const { execa } = await import('execa');
  try {
    const { stdout } = await execa('docker', call.args, { ...options(call), stdout: 'pipe', stderr: 'pipe' });
    return stdout;
  } catch (error) {
    throw await dockerFailure(error, call.failure);
  }
}

/** What the docker CLI writes to stdout as it comes, as fast as it is taken. Throws at its end when it failed. */
export async function* dockerOutput(call: DockerCall): AsyncGenerator<Uint8Array> {
  const { execa } = await import('execa');
  const child = execa('docker', call.args, {
    ...options(call),
    stdout: 'pipe',
    stderr: 'pipe',
    encoding: 'buffer',
    buffer: { stdout: false },
  });
  let reading = true;
  try {
    for await (const chunk of child.iterable({ from: 'stdout', binary: true })) {
      reading = false;
      yield chunk;
      reading = true;
    }
  } catch (error) {
    if (reading) throw await dockerFailure(withText(error), call.failure);
    // Whoever stopped reading in the middle broke its pipe.
  } finally {
    child.kill();
    await child.catch(() => undefined); // told above
  }
}

/** Binary output brings binary messages. */
function withText(error: unknown): unknown {
  if (error instanceof Error && 'stderr' in error && error.stderr instanceof Uint8Array) {
    Object.assign(error, { stderr: Buffer.from(error.stderr).toString('utf8') });
  }
  return error;
}
