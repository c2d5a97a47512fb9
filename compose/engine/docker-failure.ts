import { type Failure, SfpError } from '../../contracts/error.ts';

type Known = Omit<Failure, 'detail'> & { pattern: RegExp };

/** What the docker CLI and the engine say, and what it means. The first that fits. */
const known: readonly Known[] = [
  {
    pattern: /permission denied.*(docker\.sock|docker API|daemon socket)|EACCES/i,
    code: 'engine_permission_denied',
    message: 'This user may not use the container engine.',
    suggestion: 'Add the user to the group "docker" (sudo usermod -aG docker $USER) and log in again, or use sudo.',
  },
  {
    pattern:
      /cannot connect to the docker daemon|error during connect|failed to connect to the docker API|is the docker daemon running|connection refused|raw stream connection|ECONNREFUSED|ENOENT|ECONNRESET|EPIPE|socket hang up|no route to host|connection closed/i,
    code: 'engine_unreachable',
    message: 'The container engine does not answer.',
    suggestion:
      'Start it (sudo systemctl start docker). If it runs elsewhere, check DOCKER_HOST or `docker context ls`, then try again.',
  },
  {
    pattern: /'compose' is not a docker command|unknown shorthand flag: '.' in|unknown command: docker compose/i,
    code: 'compose_missing',
    message: 'The docker CLI has no Compose plugin.',
    suggestion:
      'Install Docker Compose 2.20.2 or newer (package docker-compose-plugin), then check with `docker compose version`.',
  },
  {
    pattern: /no space left on device/i,
    code: 'disk_full',
    message: 'The disk of the container engine is full.',
    suggestion: 'Free space there (`docker system df` shows what takes it), then run the command again.',
  },
  {
    pattern: /port is already allocated|address already in use/i,
    code: 'port_taken',
    message: 'A port that the stack needs is taken by something else.',
    suggestion: 'Stop what listens there, or choose another with `sfp server config set ports.gateway=<port>`.',
  },
];

/** The well-known failures of the docker CLI or its engine, from what it printed; null for anything else. */
export function knownFailure(text: string, detail = text): SfpError | null {
  const found = known.find(({ pattern }) => pattern.test(text));
  if (found === undefined) return null;
  const { pattern: _pattern, ...failure } = found;
  return new SfpError({ ...failure, detail: excerpt(detail) });
}

/** Compose tells every step of every object; what went wrong stands between. */
const isStep = (line: string): boolean => /^\s*(Container|Network|Volume|Image) \S+ {2}\w+\s*$/.test(line);

/** The last lines of what was printed. */
export const excerpt = (text: string, lines = 12): string =>
  text
    .trim()
    .split('\n')
    .filter((line) => !isStep(line))
    .slice(-lines)
    .join('\n');

const dockerMissing = (): SfpError =>
  new SfpError({
    code: 'docker_missing',
    message: 'The command "docker" was not found.',
    suggestion:
      'Install Docker with its Compose plugin (https://docs.docker.com/engine/install/), or use a stack without it: `--mode dev`.',
  });

/** What a call of the docker CLI that failed means. `what` is a sentence such as "The database could not be copied." */
export async function dockerFailure(error: unknown, what: string): Promise<unknown> {
  const { ExecaError } = await import('execa');
  if (error instanceof SfpError || !(error instanceof ExecaError)) return error;
  if (error.code === 'ENOENT') return dockerMissing();
  if (error.isCanceled) return new SfpError({ code: 'cancelled', message: 'The command was cancelled.' });
  const printed = typeof error.stderr === 'string' ? error.stderr : '';
  const failure = knownFailure(printed);
  if (failure !== null) return failure;
  const ended = error.exitCode === undefined ? `ended by ${error.signal ?? 'a signal'}` : `exit code ${error.exitCode}`;
  return new SfpError(
    {
      code: 'docker_failed',
      message: what,
      detail: `${ended}${printed.trim() === '' ? '' : `\n${excerpt(printed)}`}`,
      suggestion: 'Remove the cause that is named above and run the command again; `sfp doctor` checks the engine.',
    },
    { cause: error },
  );
}
