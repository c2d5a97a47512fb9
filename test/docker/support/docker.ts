import { execa, type Options } from 'execa';

/** The docker client, against the engine that `DOCKER_HOST` names (or the usual one). */
export async function docker(args: readonly string[], options: Options = {}): Promise<string> {
  const { stdout } = await execa('docker', args, {
    ...options,
    // The builder of the engine itself: the newer one would fetch the file format's frontend from a registry.
    env: { DOCKER_BUILDKIT: '0', ...options.env },
  });
  return typeof stdout === 'string' ? stdout : '';
}

const label = 'sfp.test.content';

/** What an image of this name was made from: null when there is none, `foreign` when these tests have not made it. */
export async function imageContent(tag: string): Promise<string | 'foreign' | null> {
  const { stdout, exitCode } = await execa(
    'docker',
    ['image', 'inspect', '--format', `{{index .Config.Labels "${label}"}}`, tag],
    { reject: false },
  );
  if (exitCode !== 0) return null;
  return stdout.trim() === '' ? 'foreign' : stdout.trim();
}

export interface BuildRequest {
  context: string;
  tags: readonly string[];
  content: string;
  args: Readonly<Record<string, string>>;
}

export async function buildImage({ context, tags, content, args }: BuildRequest): Promise<void> {
  await docker([
    'build',
    '--quiet',
    ...['--label', `${label}=${content}`],
    ...tags.flatMap((tag) => ['--tag', tag]),
    ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    context,
  ]);
}
