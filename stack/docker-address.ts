import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

type Environment = Readonly<NodeJS.ProcessEnv>;

const configSchema = z.looseObject({ currentContext: z.string().optional() });
const contextSchema = z.looseObject({ Endpoints: z.looseObject({ docker: z.looseObject({ Host: z.string() }) }) });

/** As the docker CLI decides it, without asking it; '' for the engine of this machine. DOCKER_HOST wins over a context. */
export function dockerAddress(env: Environment): string {
  const { DOCKER_HOST: host = '' } = env;
  if (host !== '') return host;
  const name = contextName(env);
  if (name === 'default') return '';
  const directory = join(configDirectory(env), 'contexts', 'meta', createHash('sha256').update(name).digest('hex'));
  return read(join(directory, 'meta.json'), contextSchema)?.Endpoints.docker.Host ?? '';
}

function contextName(env: Environment): string {
  const { DOCKER_CONTEXT: named = '' } = env;
  if (named !== '') return named;
  return read(join(configDirectory(env), 'config.json'), configSchema)?.currentContext ?? 'default';
}

const configDirectory = ({ DOCKER_CONFIG: directory = '', HOME: home = homedir() }: Environment): string =>
  directory === '' ? join(home, '.docker') : directory;

/** Null when it is not there, or not what the docker CLI writes: that says so itself as soon as it is called. */
function read<Value>(file: string, schema: z.ZodType<Value>): Value | null {
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}
