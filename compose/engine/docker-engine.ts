import type Docker from 'dockerode';
import { z } from 'zod';
import { DialStdioAgent } from './dial-stdio.ts';
import { docker } from './docker-command.ts';
import { knownFailure } from './docker-failure.ts';

const contextSchema = z.array(z.looseObject({ Endpoints: z.looseObject({ docker: z.object({ Host: z.string() }) }) }));

/** Where the engine is that the docker CLI talks to: DOCKER_HOST, else the context in use. */
export async function engineAddress(): Promise<string> {
  const { DOCKER_HOST: host } = process.env;
  if (host !== undefined && host !== '') return host;
  const text = await docker({ args: ['context', 'inspect'], failure: 'The docker CLI does not tell its context.' });
  const address = contextSchema.parse(JSON.parse(text))[0]?.Endpoints.docker.Host ?? '';
  return address === '' ? 'unix:///var/run/docker.sock' : address;
}

/** Whether the engine runs on this machine: then its ports on loopback are ours, and its disk can be looked at. */
export const isLocalAddress = (address: string): boolean =>
  /^(unix|npipe|fd):/.test(address) || /^tcp:\/\/(127\.|localhost|\[::1\])/.test(address);

/** A login over ssh takes longer than what is asked (0.6 s on a busy machine): few connections, each used again. */
const connectionsAtOnce = 4;

const known: { short?: Promise<Docker>; lasting?: Promise<Docker> } = {};

/** A client of the same engine as the docker CLI talks to; what lasts has connections of its own, as many as it needs. */
function dockerEngine(lasts: boolean): Promise<Docker> {
  if (lasts) {
    known.lasting ??= connect(Number.POSITIVE_INFINITY);
    return known.lasting;
  }
  known.short ??= connect(connectionsAtOnce);
  return known.short;
}

async function connect(atOnce: number): Promise<Docker> {
  const address = await engineAddress();
  const { default: Client } = await import('dockerode');
  if (address.startsWith('unix://')) {
    // Its own settings from the environment would win over a path that is not named as the host.
    return new Client({ socketPath: address.slice('unix://'.length), host: undefined, protocol: 'http' });
  }
  // The types do not know the agent, the client takes it.
  const throughCli = { host: 'engine', port: 80, protocol: 'http' as const, agent: new DialStdioAgent(atOnce) };
  return new Client(throughCli);
}

/** What a failed call of the engine's API means. */
function engineFailure(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code} ` : '';
  return knownFailure(`${code}${error.message}`, error.message) ?? error;
}

/** Calls the engine's API; a failure that is well known is told as such. What answers for as long as it is read `lasts`. */
export async function engine<Value>(
  ask: (client: Docker) => Promise<Value>,
  { lasts = false }: { lasts?: boolean } = {},
): Promise<Value> {
  try {
    return await ask(await dockerEngine(lasts));
  } catch (error) {
    throw engineFailure(error);
  }
}
