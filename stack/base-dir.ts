import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { env } from '../contracts/env.ts';

/**
 * Where stacks live when nothing says otherwise. Root's home is closed to everyone else, and Postgres, which never runs
 * as root, has to reach its data: so for uid 0 the default is a directory that others may traverse.
 */
export function defaultBaseDir(environment: NodeJS.ProcessEnv, uid: number | undefined): string {
  const chosen = environment[env.home];
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  return uid === 0 ? '/var/lib/sfp' : join(homedir(), '.sfp');
}

/** `--base-dir` when given, else the default. Always absolute. */
export const resolveBaseDir = (option: string | undefined): string =>
  option === undefined ? defaultBaseDir(process.env, process.getuid?.()) : resolve(option);
