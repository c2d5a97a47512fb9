import type { ContainerInspectInfo } from 'dockerode';
import { type StackLayout, stackId } from '../stack/layout.ts';
import { engine } from './engine/docker-engine.ts';
import { configLabel, projectName, stackLabel } from './project.ts';

/** One container of a stack as the engine sees it now. */
export interface StackContainer {
  id: string;
  service: string;
  state: string;
  running: boolean;
  exitCode: number;
  /** What Docker found with the service's check; null where it has none. */
  health: string | null;
  /** What the last check printed. */
  healthLog: string;
  /** How often it was started again since it was started on purpose. */
  restarts: number;
  startedAt: string | null;
  pid: number | null;
  imageId: string;
  config: string | null;
  job: boolean;
  /** What the engine says about why it does not run. */
  error: string;
  killedForMemory: boolean;
}

const composeProject = 'com.docker.compose.project';
const composeService = 'com.docker.compose.service';
const workingDirectory = 'com.docker.compose.project.working_dir';

/** Filter for everything of the project of this name, whoever made it. */
export const projectFilter = ({ tenant }: Pick<StackLayout, 'tenant'>) => [`${composeProject}=${projectName(tenant)}`];

/** Which stack something belongs to; what an operator added in compose.override.yaml tells it by its directory. */
export function ownerOf(labels: Readonly<Record<string, string>> | null | undefined): string | null {
  const { [stackLabel]: stack, [workingDirectory]: directory } = labels ?? {};
  return stack ?? (directory === undefined ? null : stackId(directory));
}

/** The containers of the services of a stack, running or not. */
export async function stackContainers(layout: StackLayout): Promise<StackContainer[]> {
  return engine(async (client) => {
    const listed = await client.listContainers({ all: true, filters: { label: projectFilter(layout) } });
    const own = listed.filter(
      ({ Labels }) =>
        ownerOf(Labels) === stackId(layout.dir) && Labels['com.docker.compose.oneoff']?.toLowerCase() !== 'true',
    );
    const inspected = await Promise.all(
      own.map(async ({ Id }) => {
        try {
          return [await client.getContainer(Id).inspect()];
        } catch (error) {
          if (isGone(error)) return []; // removed between the list and this
          throw error;
        }
      }),
    );
    return inspected.flat().map(containerOf);
  });
}

export const isGone = (error: unknown): boolean =>
  error instanceof Error && 'statusCode' in error && error.statusCode === 404;

function containerOf({ Id, State, RestartCount, Config, Image, HostConfig }: ContainerInspectInfo): StackContainer {
  const started = new Date(State.StartedAt);
  return {
    id: Id,
    service: Config.Labels[composeService] ?? Id.slice(0, 12),
    state: State.Status,
    running: State.Running && !State.Restarting,
    exitCode: State.ExitCode,
    health: State.Health?.Status ?? null,
    healthLog: State.Health?.Log.at(-1)?.Output.trim() ?? '',
    restarts: RestartCount,
    startedAt: started.getUTCFullYear() > 1 ? started.toISOString() : null,
    pid: State.Pid === 0 ? null : State.Pid,
    imageId: Image,
    config: Config.Labels[configLabel] ?? null,
    job: HostConfig.RestartPolicy?.Name === 'no' || HostConfig.RestartPolicy?.Name === '',
    error: State.Error,
    killedForMemory: State.OOMKilled,
  };
}

/** Running and, where there is a check, found healthy; a job: ended well. */
export const isReady = (container: StackContainer): boolean =>
  container.job
    ? container.state === 'exited' && container.exitCode === 0
    : container.running && (container.health === null || container.health === 'healthy');
