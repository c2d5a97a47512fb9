import { fileURLToPath } from 'node:url';
import type { ProcessCommand } from './supervisor/service.ts';

/** `.ts` when this runs from the source, `.js` when from the built files. */
const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** The file of one of our programs, named from the root of the code and without its ending. */
export const programFile = (entry: string): string => fileURLToPath(new URL(`../${entry}.${ending}`, import.meta.url));

export const nodeProgram = (
  entry: string,
  heapMegabytes: number,
  env: Readonly<Record<string, string>>,
): ProcessCommand => nodeProcess(programFile(entry), heapMegabytes, env);

/**
 * Runs a program of ours on this very Node. A small young generation costs some garbage collections and saves up to 30 MB
 * of each process; ten of them run in an idle stack.
 */
export function nodeProcess(
  file: string,
  heapMegabytes: number,
  env: Readonly<Record<string, string>>,
): ProcessCommand {
  return {
    program: process.execPath,
    args: [`--max-old-space-size=${heapMegabytes}`, '--max-semi-space-size=2', file],
    env,
  };
}
