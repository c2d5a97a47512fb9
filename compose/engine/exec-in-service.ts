import { SfpError } from '../../contracts/error.ts';
import type { StackLayout } from '../../stack/layout.ts';
import { serverCommand } from '../../stack/server-command.ts';
import { projectName, stackLabel, stackLabels } from '../project.ts';
import { type DockerCall, docker, dockerOutput } from './docker-command.ts';
import { engine } from './docker-engine.ts';

export interface ServiceExec {
  layout: StackLayout;
  service: string;
  command: readonly string[];
  user?: string;
  /** Values go over the CLI's environment, never over its arguments. */
  env?: Readonly<Record<string, string>>;
  stdin?: DockerCall['stdin'];
  signal?: AbortSignal | undefined;
  /** Sentence for the failure, e.g. "The database does not answer." */
  failure: string;
}

/** Runs a command in the running container of a service and answers its stdout. */
export const execInService = async (of: ServiceExec): Promise<string> => docker(await prepared(of));

/** Its stdout as it comes, binary, as fast as it is taken. Throws at the end when it failed. */
export async function* serviceOutput(of: ServiceExec): AsyncGenerator<Uint8Array> {
  yield* dockerOutput(await prepared(of));
}

async function prepared({ layout, service, command, user, env = {}, stdin, signal, failure }: ServiceExec) {
  const id = await runningContainer(layout, service);
  if (id === null) {
    throw new SfpError({
      code: 'service_not_running',
      message: `The service "${service}" of stack "${layout.tenant}" does not run.`,
      suggestion: `Start the stack with \`${serverCommand(layout, 'start')}\`.`,
    });
  }
  const args = [
    'exec',
    ...(stdin === undefined ? [] : ['--interactive']),
    ...(user === undefined ? [] : [`--user=${user}`]),
    ...Object.keys(env).flatMap((key) => ['--env', key]),
    id,
    ...command,
  ];
  return { args, env, failure, signal, ...(stdin === undefined ? {} : { stdin }) };
}

/** Id of the running container of a service, null when there is none. */
export async function runningContainer(layout: StackLayout, service: string): Promise<string | null> {
  const label = [
    `com.docker.compose.project=${projectName(layout.tenant)}`,
    `com.docker.compose.service=${service}`,
    `${stackLabel}=${stackLabels(layout)[stackLabel]}`,
  ];
  const found = await engine((client) => client.listContainers({ filters: { label, status: ['running'] } }));
  return found[0]?.Id ?? null;
}
