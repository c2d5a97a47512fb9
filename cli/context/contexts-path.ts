import { homedir } from 'node:os';
import { join } from 'node:path';

/** `$SFP_CONFIG_DIR`, else `$XDG_CONFIG_HOME/sfp`, else `~/.config/sfp`. */
export const configDir = (env: NodeJS.ProcessEnv): string =>
  env.SFP_CONFIG_DIR || join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'sfp');

export const contextsPath = (env: NodeJS.ProcessEnv): string => join(configDir(env), 'contexts.json');
