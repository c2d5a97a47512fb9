import { defaultBaseDir } from './base-dir.ts';
import type { StackLayout } from './layout.ts';

/**
 * A command about this stack, as it has to be typed here: with --tenant, and with --base-dir where the stack does not lie in
 * the default place. `arguments_` come last and are taken as they are.
 */
export function serverCommand(
  { tenant, baseDir }: Pick<StackLayout, 'tenant' | 'baseDir'>,
  verb: string,
  ...arguments_: readonly string[]
): string {
  return ['sfp server', verb, '--tenant', tenant, ...baseDirArguments(baseDir), ...arguments_].join(' ');
}

/** A command about all stacks of a base directory: `sfp server list`. */
export const baseDirCommand = (baseDir: string, command: string): string =>
  ['sfp', command, ...baseDirArguments(baseDir)].join(' ');

const baseDirArguments = (baseDir: string): string[] =>
  baseDir === defaultBaseDir(process.env, process.getuid?.()) ? [] : ['--base-dir', quoted(baseDir)];

/** As a shell reads it back. */
const quoted = (text: string): string =>
  /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
