import { randomBytes } from 'node:crypto';
import { SfpError } from '../../contracts/error.ts';
import type { StackLayout } from '../../stack/layout.ts';
import { helperLabel, projectName, stackLabel, stackLabels, starterLabel, volumeName } from '../project.ts';
import { type DockerCall, docker, dockerOutput } from './docker-command.ts';
import { engine } from './docker-engine.ts';
import { endOrphans, isRunning, starterMark } from './orphans.ts';

export interface HelperRun {
  layout: StackLayout;
  /** Stands in the container's label and name, e.g. `backup`. */
  purpose: string;
  image: string;
  /** Names as in compose.yaml, e.g. `db-data`. One that does not exist is made. */
  volumes?: Readonly<Record<string, { target: string; readOnly?: boolean }>>;
  user?: string;
  entrypoint?: string;
  command: readonly string[];
  /** Values go over the CLI's environment, never over its arguments. */
  env?: Readonly<Record<string, string>>;
  /** Capabilities it gets back after all were dropped. */
  capabilities?: readonly string[];
  /** None when left out. */
  network?: string;
  tmpfs?: readonly string[];
  stdin?: DockerCall['stdin'];
  signal?: AbortSignal | undefined;
  /** Sentence for the failure, e.g. "The database could not be copied." */
  failure: string;
}

/** Runs a container to its end and answers its stdout. It is gone afterwards, also when it was cancelled. */
export async function runHelper(run: HelperRun): Promise<string> {
  const { call, name } = await prepared(run);
  const end = endOnAbort(run, name);
  try {
    return await docker(call);
  } finally {
    await end();
  }
}

/** Stdout of a container as it comes, binary, as fast as it is taken. Throws at the end when it failed. */
export async function* helperOutput(run: HelperRun): AsyncGenerator<Uint8Array> {
  const { call, name } = await prepared(run);
  const end = endOnAbort(run, name);
  try {
    yield* dockerOutput(call);
  } finally {
    await end();
  }
}

/** A first process that has no handler for SIGTERM would hold a cancel up for ten seconds: its container is removed. */
function endOnAbort({ signal }: HelperRun, name: string): () => Promise<void> {
  const onAbort = (): void => void removeQuietly(name).catch(() => undefined); // the end below tries again
  signal?.addEventListener('abort', onAbort, { once: true });
  return async () => {
    signal?.removeEventListener('abort', onAbort);
    await removeQuietly(name);
  };
}

async function prepared(run: HelperRun): Promise<{ call: DockerCall; name: string }> {
  const { layout, purpose, image, volumes = {}, env = {}, command, stdin, signal, failure } = run;
  await endOrphans(layout);
  await removeHelpers(layout);
  for (const volume of Object.keys(volumes)) await ensureVolume(layout, volume);
  const name = `${projectName(layout.tenant)}-helper-${purpose}-${randomBytes(4).toString('hex')}`;
  const labels = { ...stackLabels(layout), [helperLabel]: purpose, [starterLabel]: starterMark() };
  const args = [
    'run',
    '--rm',
    '--pull=never',
    `--name=${name}`,
    ...Object.entries(labels).map(([key, value]) => `--label=${key}=${value}`),
    `--network=${run.network ?? 'none'}`,
    '--cap-drop=ALL',
    ...(run.capabilities ?? []).map((capability) => `--cap-add=${capability}`),
    '--security-opt=no-new-privileges:true',
    '--log-driver=none',
    ...(run.tmpfs ?? []).map((path) => `--tmpfs=${path}`),
    ...(stdin === undefined ? [] : ['--interactive']),
    ...Object.entries(volumes).map(
      ([volume, { target, readOnly }]) =>
        `--mount=type=volume,source=${volumeName(layout, volume)},target=${target}${readOnly === true ? ',readonly' : ''}`,
    ),
    ...(run.user === undefined ? [] : [`--user=${run.user}`]),
    ...(run.entrypoint === undefined ? [] : [`--entrypoint=${run.entrypoint}`]),
    ...Object.keys(env).flatMap((key) => ['--env', key]),
    image,
    ...command,
  ];
  return { name, call: { args, env, failure, signal, ...(stdin === undefined ? {} : { stdin }) } };
}

/** A volume as Compose would make it, so that it takes it for its own later. */
async function ensureVolume(layout: StackLayout, volume: string): Promise<void> {
  await engine((client) =>
    client.createVolume({
      Name: volumeName(layout, volume),
      Labels: {
        ...stackLabels(layout),
        'com.docker.compose.project': projectName(layout.tenant),
        'com.docker.compose.volume': volume,
      },
    }),
  );
}

/** Removes helper containers that a killed command left, before they work on a volume beside the next one. */
export async function removeHelpers(layout: StackLayout): Promise<number> {
  const { [stackLabel]: stack } = stackLabels(layout);
  const left = await engine((client) =>
    client.listContainers({ all: true, filters: { label: [`${stackLabel}=${stack}`, helperLabel] } }),
  );
  const orphans = left.filter(({ Labels }) => !isRunning(Labels[starterLabel]));
  for (const { Id } of orphans) await removeQuietly(Id);
  return orphans.length;
}

/** Ended and removed; `--rm` may have been faster, or is at it. */
async function removeQuietly(name: string): Promise<void> {
  try {
    await engine((client) => client.getContainer(name).remove({ force: true, v: true }));
  } catch (error) {
    if (isGone(error)) return;
    if (error instanceof SfpError && error.code === 'engine_unreachable') return; // the next start removes it
    throw error;
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'statusCode' in error && (error.statusCode === 404 || error.statusCode === 409);
